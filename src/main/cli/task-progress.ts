import type { Output } from './output.ts';
import { barLine, PLAIN_LINE_MS, plainLine } from './progress-text.ts';

/** Shows one piece of work as it goes: a bar redrawn in place on a terminal; elsewhere a line as it begins and one every ten seconds. */
export class TaskProgress {
  readonly #output: Output;
  readonly #label: string;
  readonly #unit: string;
  readonly #beganAtMs = Date.now();
  #lastPlainAtMs = Date.now();

  constructor(output: Output, label: string, unit: string) {
    this.#output = output;
    this.#label = label;
    this.#unit = unit;
    if (!output.isInteractive) output.print(`… ${label}`);
  }

  /** Without `etaSeconds` the time left is told from the pace so far. */
  show(done: number, total: number, etaSeconds = this.#etaSeconds(done, total)): void {
    const amount = { done, total, unit: this.#unit, etaSeconds };
    if (this.#output.isInteractive) {
      this.#output.redraw(barLine(this.#label, amount).slice(0, this.#output.columns - 1));
      return;
    }
    if (Date.now() - this.#lastPlainAtMs < PLAIN_LINE_MS) return;
    this.#lastPlainAtMs = Date.now();
    this.#output.print(plainLine(this.#label, amount));
  }

  /** Leaves the terminal on a fresh line. */
  finish(): void {
    this.#output.redraw('');
  }

  #etaSeconds(done: number, total: number): number | null {
    return done === 0 ? null : ((Date.now() - this.#beganAtMs) / 1000 / done) * (total - done);
  }
}
