import type { RunSummary, StepStatus } from '#shared/domain/run.ts';
import type { Output } from './output.ts';
import { barLine, PLAIN_LINE_MS, plainLine } from './progress-text.ts';
import { duration, elapsedSeconds } from './text.ts';

/**
 * Shows a run as it goes. On a terminal one line is redrawn (bar, count, ETA, newest figure) and each finished step leaves
 * a line; elsewhere plain lines are printed: step begins, every ten seconds, step ends.
 */
export class RunProgress {
  readonly #output: Output;
  readonly #ended = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #figures = new Map<string, string>();
  #lastPlainAtMs = 0;
  #toldQueued = false;

  constructor(output: Output) {
    this.#output = output;
  }

  figure(step: string, series: string, value: number): void {
    this.#figures.set(step, `${series} ${value.toPrecision(4)}`);
  }

  show(run: RunSummary): void {
    if (run.state === 'queued' && !this.#toldQueued) {
      this.#toldQueued = true;
      this.#output.print(`${run.id} is queued for ${run.device}`);
    }
    for (const step of run.steps) this.#showStep(step);
  }

  /** Leaves the terminal on a fresh line. */
  finish(): void {
    this.#output.redraw('');
  }

  #showStep(step: StepStatus): void {
    if (step.state === 'waiting' || this.#ended.has(step.step)) return;
    if (step.state === 'running') {
      if (this.#output.isInteractive) this.#output.redraw(`${barLine(step.step, step)}${this.#figureText(step)}`.slice(0, this.#output.columns - 1));
      else this.#plainLine(step);
      return;
    }
    this.#ended.add(step.step);
    this.#output.redraw('');
    this.#output.print(`${endMark(step)} ${step.step.padEnd(14)} ${endText(step)}${this.#figureText(step)}`);
  }

  #plainLine(step: StepStatus): void {
    if (!this.#begun.has(step.step)) {
      this.#begun.add(step.step);
      this.#lastPlainAtMs = Date.now();
      this.#output.print(`… ${step.step} (${step.stage})`);
      return;
    }
    if (step.total === 0 || Date.now() - this.#lastPlainAtMs < PLAIN_LINE_MS) return;
    this.#lastPlainAtMs = Date.now();
    this.#output.print(`${plainLine(step.step, step)}${this.#figureText(step)}`);
  }

  #figureText(step: StepStatus): string {
    const figure = this.#figures.get(step.step);
    return figure === undefined ? '' : `  ${figure}`;
  }
}

function endMark(step: StepStatus): string {
  return step.state === 'done' || step.state === 'reused' ? '✓' : '✗';
}

function endText(step: StepStatus): string {
  if (step.state === 'reused') return 'reused';
  return `${step.state === 'done' ? '' : `${step.state}  `}${duration(elapsedSeconds(step.startedAt, step.endedAt))}`;
}
