import type { RunSummary } from '#shared/domain/run.ts';
import type { RunLedger } from './ports.ts';

/** A run that occupies its device until `ended`. */
export interface Occupant {
  readonly ended: Promise<RunSummary>;
  cancel(): void;
}

/**
 * First in, first out, one run a device. The queue itself is the ledger's rows in state 'queued', so it survives the core;
 * here is only who runs now.
 */
export class RunQueue<O extends Occupant> {
  private readonly ledger: RunLedger;
  private readonly launch: (run: RunSummary) => O;
  private readonly running = new Map<string, { runId: string; occupant: O }>(); // by device
  /** Runs that ended without leaving the queue, because their row could not be written: not tried again in this process. */
  private readonly stuck = new Set<string>();
  private closed = false;

  /** `launch` must not throw: a run that cannot start still ends, through its occupant. */
  constructor(ledger: RunLedger, launch: (run: RunSummary) => O) {
    this.ledger = ledger;
    this.launch = launch;
  }

  /** Starts what can start. Called after every change. */
  pump(): void {
    if (this.closed) return;
    for (const run of this.waiting()) {
      if (this.running.has(run.device) || this.stuck.has(run.id)) continue;
      const occupant = this.launch(run);
      this.running.set(run.device, { runId: run.id, occupant });
      void occupant.ended.finally(() => {
        this.running.delete(run.device);
        if (this.ledger.get(run.id)?.state === 'queued') this.stuck.add(run.id);
        this.pump();
      });
    }
  }

  /** Queued runs, the next one first. */
  waiting(): RunSummary[] {
    const { runs } = this.ledger.list({ state: 'queued', offset: 0, limit: 500 });
    const place = (run: RunSummary) => this.ledger.order(run.id)?.queuedAt ?? run.createdAt;
    return runs
      .map((run) => ({ run, place: place(run) }))
      .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : a.run.createdAt < b.run.createdAt ? -1 : 1))
      .map(({ run }) => run);
  }

  occupant(runId: string): O | null {
    for (const slot of this.running.values()) if (slot.runId === runId) return slot.occupant;
    return null;
  }

  occupants(): O[] {
    return [...this.running.values()].map((slot) => slot.occupant);
  }

  /** Starts nothing any more. */
  close(): void {
    this.closed = true;
  }
}
