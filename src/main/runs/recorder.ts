import type { RunSummary } from '#shared/domain/run.ts';
import type { RunLedger } from './ports.ts';

/** Changes reach listeners at most every EMIT_MS; progress reaches the disk at most every SAVE_MS, state changes at once. */
const EMIT_MS = 100;
const SAVE_MS = 1000;
const RETRY_MS = 2000;

export interface RecorderOptions {
  readonly ledger: RunLedger;
  readonly emit: (run: RunSummary) => void;
  /** Told once when saving fails; it is tried again until it works. */
  readonly onSaveFailed: (error: unknown) => void;
}

/** The live summary of one run: passes changes on, gathered, and keeps the ledger up to date even when the disk is full for a while. */
export class RunRecorder {
  readonly #options: RecorderOptions;
  #current: RunSummary;
  #emitTimer: NodeJS.Timeout | null = null;
  #saveTimer: NodeJS.Timeout | null = null;
  #emittedAtMs = -Infinity;
  #failing = false;

  constructor(run: RunSummary, options: RecorderOptions) {
    this.#current = run;
    this.#options = options;
  }

  get run(): RunSummary {
    return this.#current;
  }

  /** `now` for changes of state, `soon` for progress. */
  change(patch: Partial<RunSummary>, when: 'now' | 'soon'): void {
    this.#current = { ...this.#current, ...patch };
    if (when === 'now') {
      this.#save();
      this.#emit();
      return;
    }
    this.#saveTimer ??= setTimeout(() => this.#save(), SAVE_MS);
    this.#emitTimer ??= setTimeout(() => this.#emit(), Math.max(0, this.#emittedAtMs + EMIT_MS - performance.now()));
  }

  #emit(): void {
    if (this.#emitTimer !== null) clearTimeout(this.#emitTimer);
    this.#emitTimer = null;
    this.#emittedAtMs = performance.now();
    this.#options.emit(this.#current);
  }

  #save(): void {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
    try {
      this.#options.ledger.update(this.#current);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.onSaveFailed(error);
      this.#failing = true;
      // Not a reason to stay alive: the next start finds the run interrupted.
      this.#saveTimer = setTimeout(() => this.#save(), RETRY_MS).unref();
    }
  }
}
