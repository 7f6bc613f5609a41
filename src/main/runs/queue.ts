import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import { allRuns } from './find-runs.ts';
import type { RunLedger } from './ports.ts';

/** A run that occupies its device until `ended`. */
export interface Occupant {
  readonly run: RunSummary;
  readonly ended: Promise<RunSummary>;
  cancel(): void;
}

/**
 * First in, first out, one run a device. The queue itself is the ledger's rows in state 'queued', so it survives the core;
 * here is only who runs now.
 */
export class RunQueue<O extends Occupant> {
  readonly #ledger: RunLedger;
  readonly #launch: (run: RunSummary) => O | null;
  readonly #running = new Map<string, O>(); // by device
  #closed = false;

  /** `launch` must not throw; null means that the run cannot start and has ended. */
  constructor(ledger: RunLedger, launch: (run: RunSummary) => O | null) {
    this.#ledger = ledger;
    this.#launch = launch;
  }

  /** Starts what can start. Called after every change. */
  pump(): void {
    if (this.#closed) return;
    for (const run of this.waiting()) {
      if (this.#running.has(run.device)) continue;
      const occupant = this.#launch(run);
      if (occupant === null) continue;
      this.#running.set(run.device, occupant);
      void occupant.ended.finally(() => {
        this.#running.delete(run.device);
        this.pump();
      });
    }
  }

  /** Queued runs, the next one first. */
  waiting(): RunSummary[] {
    const place = (run: RunSummary) => this.#ledger.order(run.id)?.queuedAt ?? run.createdAt;
    // The ledger lists newest first; reversed, the stable sort keeps runs queued in one millisecond in the order they came.
    return allRuns(this.#ledger, 'queued')
      .reverse()
      .map((run) => ({ run, place: place(run) }))
      .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
      .map(({ run }) => run);
  }

  /** Moves a queued run before another, or to the end; undefined when one of them is not queued. Takes effect on disk at once. */
  move(runId: string, before: string | null): RunSummary[] | undefined {
    const waiting = this.waiting();
    const moved = waiting.find((run) => run.id === runId);
    const rest = waiting.filter((run) => run.id !== runId);
    const at = before === null ? rest.length : rest.findIndex((run) => run.id === before);
    if (moved === undefined || (at < 0 && before !== runId)) return undefined;
    if (before === runId) return waiting;
    const queue = [...rest.slice(0, at), moved, ...rest.slice(at)];
    const places = waiting.map((run) => Date.parse(this.#ledger.order(run.id)?.queuedAt ?? run.createdAt));
    let lastMs = -Infinity;
    for (const [place, run] of queue.entries()) {
      // The places stay, the runs change; a millisecond apart, so that no tie is left to the order of creation.
      lastMs = Math.max(places[place] ?? 0, lastMs + 1);
      const order = this.#ledger.order(run.id);
      if (order !== null) this.#ledger.update(run, { ...order, queuedAt: new Date(lastMs).toISOString() });
    }
    return queue;
  }

  /** The run's occupant while it has not ended: a run resumed at once may wait behind its own last breath. */
  occupant(runId: string): O | null {
    for (const occupant of this.#running.values()) {
      if (occupant.run.id === runId && !FINAL_RUN_STATES.includes(occupant.run.state)) return occupant;
    }
    return null;
  }

  occupants(): O[] {
    return [...this.#running.values()];
  }

  /** Starts nothing any more. */
  close(): void {
    this.#closed = true;
  }
}
