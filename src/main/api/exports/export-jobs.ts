import type { CallOutput } from '#shared/contract/define.ts';
import type { listExports, startExport } from '#shared/contract/exports.ts';
import type { ExportRequest } from './plan.ts';

type Listed = CallOutput<typeof listExports>['exports'][number];
type Outcome = CallOutput<typeof startExport>;

/** An export as it goes on. */
export interface ExportJob {
  readonly signal: AbortSignal;
  /** Files written so far, of how many. */
  progressed(done: number, total: number): void;
}

interface Entry {
  listed: Listed;
  readonly abort: AbortController;
  readonly outcome: Promise<Outcome>;
}

/** Ended exports that are remembered, for pages that were reloaded meanwhile. */
const MOST_ENDED = 20;

/** The exports of a core by id: those that run, and how the newest ended. */
export class ExportJobs {
  readonly #entries = new Map<string, Entry>();

  /** Starts `write`, or answers with the outcome of the export that has this id already. */
  start(exportId: string, request: ExportRequest, write: (job: ExportJob) => Promise<Outcome>): Promise<Outcome> {
    const known = this.#entries.get(exportId);
    if (known !== undefined) return known.outcome;
    const abort = new AbortController();
    const listed = { exportId, request, startedAt: new Date().toISOString(), done: 0, total: 0, ended: false };
    const change = (to: Partial<Listed>): void => {
      const entry = this.#entries.get(exportId);
      if (entry !== undefined) entry.listed = { ...entry.listed, ...to };
    };
    const outcome = write({ signal: abort.signal, progressed: (done, total) => change({ done, total }) }).finally(() => {
      change({ ended: true });
      this.#forgetOldest();
    });
    this.#entries.set(exportId, { listed, abort, outcome });
    return outcome;
  }

  list(): Listed[] {
    return [...this.#entries.values()].map(({ listed }) => listed);
  }

  /** False when no export of this id runs. */
  cancel(exportId: string): boolean {
    const entry = this.#entries.get(exportId);
    if (entry === undefined || entry.listed.ended) return false;
    entry.abort.abort();
    return true;
  }

  #forgetOldest(): void {
    const ended = this.list().filter((listed) => listed.ended);
    for (const { exportId } of ended.slice(0, -MOST_ENDED)) this.#entries.delete(exportId);
  }
}
