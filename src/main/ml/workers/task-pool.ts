import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';

/** More threads than this gain little: the stage that feeds them is one thread. */
const MAX_THREADS = 16;

export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), MAX_THREADS));
}

interface Request {
  readonly id: number;
  readonly task: unknown;
}

type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorValue };

interface Pending {
  readonly task: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly worker: Worker;
  busyWith: Pending | null;
}

/**
 * Worker threads that each do one task of a kind at a time. The file at `entry` calls `serveTasks`.
 * Threads die with the process; `close` ends them at once and rejects what is under way.
 */
export class TaskPool<Task, Result> {
  readonly #slots: Slot[];
  readonly #queue: Pending[] = [];
  /** Why no task is taken any more. */
  #ended: Error | null = null;
  #nextId = 0;

  constructor(entry: URL, threads: number = defaultThreads()) {
    this.#slots = Array.from({ length: threads }, () => this.#start(entry));
  }

  get threads(): number {
    return this.#slots.length;
  }

  /** Rejects with the PenumbraError that the task threw, RUN_CANCELLED when the pool is closed first, or how its thread ended. */
  async run(task: Task): Promise<Result> {
    if (this.#ended !== null) throw this.#ended;
    return new Promise<Result>((resolve, reject) => {
      // What comes back is what the entry's handler returned for a Task.
      this.#queue.push({ task, resolve: resolve as (result: unknown) => void, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#end(new PenumbraError('RUN_CANCELLED', 'The step was stopped.', { remedy: 'Resume the run to go on where it stopped.' }));
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const pending of this.#queue.splice(0)) pending.reject(this.#ended);
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.busyWith !== null) continue;
      const pending = this.#queue.shift();
      if (pending === undefined) return;
      slot.busyWith = pending;
      slot.worker.postMessage({ id: this.#nextId++, task: pending.task } satisfies Request);
    }
  }

  #start(entry: URL): Slot {
    const slot: Slot = { worker: new Worker(entry), busyWith: null };
    const settle = (act: (pending: Pending) => void): void => {
      const pending = slot.busyWith;
      slot.busyWith = null;
      if (pending !== null) act(pending);
    };
    slot.worker.on('message', (answer: Answer) => {
      settle((pending) => {
        if (answer.ok) pending.resolve(answer.result);
        else pending.reject(PenumbraError.fromValue(answer.error));
      });
      this.#dispatch();
    });
    // A thread that fails takes no more tasks; with the last one gone, what waits must not wait for ever.
    const retire = (reason: Error): void => {
      const place = this.#slots.indexOf(slot);
      if (place !== -1) this.#slots.splice(place, 1);
      settle((pending) => pending.reject(this.#ended ?? reason));
      if (this.#slots.length === 0) this.#end(reason);
    };
    slot.worker.on('error', (error) => retire(error instanceof Error ? error : new Error(String(error))));
    slot.worker.on('exit', (code) => retire(new Error(`a worker thread ended with code ${code}`)));
    return slot;
  }
}

/**
 * Called by a pool's entry file: answers each task with what `handle` returns.
 * `moved` names the buffers of a result to hand over uncopied.
 */
export function serveTasks<Result>(handle: (task: unknown) => Promise<Result>, moved: (result: Result) => ArrayBuffer[]): void {
  if (parentPort === null) throw new Error('serveTasks: this file runs in a worker thread only');
  const port = parentPort;
  port.on('message', ({ id, task }: Request) => {
    handle(task).then(
      (result) => port.postMessage({ id, ok: true, result } satisfies Answer, moved(result)),
      (error: unknown) => port.postMessage({ id, ok: false, error: toErrorValue(error) } satisfies Answer),
    );
  });
}
