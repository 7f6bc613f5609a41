import type { RunSummary, StepStatus } from '#shared/domain/run.ts';
import type { Output } from './output.ts';
import { duration, elapsedSeconds } from './text.ts';

/** Where progress cannot be redrawn, a line is printed at most this often a step. */
const PLAIN_LINE_MS = 10_000;
const BAR_CELLS = 24;

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
      if (this.#output.isInteractive) this.#output.redraw(this.#barLine(step).slice(0, this.#output.columns - 1));
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
    this.#output.print(`  ${step.step} ${percent(step)} ${count(step)}${etaText(step)}${this.#figureText(step)}`);
  }

  #barLine(step: StepStatus): string {
    const filled = step.total === 0 ? 0 : Math.round((BAR_CELLS * step.done) / step.total);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    return `… ${step.step.padEnd(14)} ${bar} ${percent(step)} ${count(step)}${etaText(step)}${this.#figureText(step)}`;
  }

  #figureText(step: StepStatus): string {
    const figure = this.#figures.get(step.step);
    return figure === undefined ? '' : `  ${figure}`;
  }
}

const percent = (step: StepStatus): string => (step.total === 0 ? '' : `${Math.floor((100 * step.done) / step.total)} %`.padStart(5));
const count = (step: StepStatus): string => (step.total === 0 ? '' : `${step.done}/${step.total} ${step.unit}`);
const etaText = (step: StepStatus): string => (step.etaSeconds === null ? '' : `  ETA ${duration(step.etaSeconds)}`);

function endMark(step: StepStatus): string {
  return step.state === 'done' || step.state === 'reused' ? '✓' : '✗';
}

function endText(step: StepStatus): string {
  if (step.state === 'reused') return 'reused';
  return `${step.state === 'done' ? '' : `${step.state}  `}${duration(elapsedSeconds(step.startedAt, step.endedAt))}`;
}
