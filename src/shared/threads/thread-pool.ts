import { PenumbraError } from '../errors.ts';
import type { Request, Answer } from './messages.ts';

/** A worker of a browser or of Node, as a pool needs it. */
export interface Thread {
  /** Throws when the message cannot be copied. */
  post(message: unknown, moved: readonly ArrayBuffer[]): void;
  /** Ends it at once, whatever it does. */
  end(): Promise<unknown>;
}

export interface ThreadEvents {
  readonly message: (value: unknown) => void;
  /** It failed or ended by itself. */
  readonly ended: (reason: Error) => void;
}

export type StartThread = (events: ThreadEvents) => Thread;

export interface RunOptions {
  /** Ends the task, its thread included where it is under way; another thread takes its place. */
  readonly signal?: AbortSignal;
  /** Share of the task that is done, where its thread tells. */
  readonly onProgress?: (share: number) => void;
  /** Buffers of the task to hand over uncopied: they are empty here afterwards. */
  readonly moved?: readonly ArrayBuffer[];
}

interface Pending {
  readonly request: Request;
  readonly options: RunOptions;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly thread: Thread;
  busyWith: Pending | null;
}

/** So many threads for each that works at once may end one after the other without a word from any: then they cannot start, and no more are tried. */
const SILENT_ENDS_A_THREAD = 4;

/**
 * Threads that each do one task of a kind at a time, started when there is work for them. What runs in them answers by `answerRequest`. One that
 * ends by itself, as where memory runs out, fails its task alone: the next task starts another. `close` ends them at once and rejects what is
 * under way.
 */
export class ThreadPool<Task, Result> {
  readonly #start: StartThread;
  readonly #slots: Slot[] = [];
  readonly #queue: Pending[] = [];
  readonly #threads: number;
  /** Why no task is taken any more. */
  #ended: Error | null = null;
  #lastId = 0;
  /** Threads that ended by themselves since one was heard last. */
  #silentEnds = 0;

  constructor(start: StartThread, threads: number) {
    this.#start = start;
    this.#threads = threads;
  }

  /** How many work at once. */
  get threads(): number {
    return this.#threads;
  }

  /**
   * Rejects with the PenumbraError that the task threw, RUN_CANCELLED when it is cancelled or the pool closed first, or how its thread ended.
   */
  async run(task: Task, options: RunOptions = {}): Promise<Result> {
    if (this.#ended !== null) throw this.#ended;
    if (options.signal?.aborted === true) throw stopped();
    let cancel = (): void => undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        // What comes back is what the thread's handler returned for a Task.
        const pending: Pending = { request: { id: ++this.#lastId, task }, options, resolve: resolve as (result: unknown) => void, reject };
        cancel = () => this.#cancel(pending);
        options.signal?.addEventListener('abort', cancel);
        this.#queue.push(pending);
        this.#dispatch();
      });
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    this.#end(stopped());
    const slots = this.#slots.splice(0);
    for (const { busyWith } of slots) busyWith?.reject(this.#ended);
    await Promise.all(slots.map(({ thread }) => thread.end()));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const pending of this.#queue.splice(0)) pending.reject(this.#ended);
  }

  #cancel(pending: Pending): void {
    const waiting = this.#queue.indexOf(pending);
    if (waiting !== -1) this.#queue.splice(waiting, 1);
    const slot = this.#slots.find(({ busyWith }) => busyWith === pending);
    // A thread that computes hears nothing: it ends, and the next task starts another.
    if (slot !== undefined) {
      this.#remove(slot);
      void slot.thread.end();
    }
    pending.reject(stopped());
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const slot = this.#slots.find(({ busyWith }) => busyWith === null) ?? (this.#slots.length < this.#threads ? this.#startSlot() : null);
      const pending = slot === null ? undefined : this.#queue.shift();
      if (slot === null || pending === undefined) return;
      slot.busyWith = pending;
      try {
        slot.thread.post(pending.request, pending.options.moved ?? []);
      } catch (cause) {
        slot.busyWith = null;
        pending.reject(cause);
      }
    }
  }

  #startSlot(): Slot {
    const thread = this.#start({
      message: (value) => this.#hear(slot, value as Answer),
      ended: (reason) => this.#retire(slot, reason),
    });
    const slot: Slot = { thread, busyWith: null };
    this.#slots.push(slot);
    return slot;
  }

  #hear(slot: Slot, answer: Answer): void {
    this.#silentEnds = 0;
    const pending = slot.busyWith;
    // Of a task that was cancelled meanwhile.
    if (pending?.request.id !== answer.id) return;
    if (answer.kind === 'progress') {
      pending.options.onProgress?.(answer.share);
      return;
    }
    slot.busyWith = null;
    if (answer.kind === 'done') pending.resolve(answer.result);
    else pending.reject(PenumbraError.fromValue(answer.error));
    this.#dispatch();
  }

  /** Each end fails a task at most, and the next task starts a thread in its place; where none gets to say a word, what waits must not wait for ever. */
  #retire(slot: Slot, reason: Error): void {
    if (!this.#remove(slot)) return;
    // A browser's worker outlives an error that nobody caught.
    void slot.thread.end();
    slot.busyWith?.reject(this.#ended ?? reason);
    this.#silentEnds += 1;
    if (this.#silentEnds >= SILENT_ENDS_A_THREAD * this.#threads) this.#end(reason);
    else this.#dispatch();
  }

  #remove(slot: Slot): boolean {
    const place = this.#slots.indexOf(slot);
    if (place !== -1) this.#slots.splice(place, 1);
    return place !== -1;
  }
}

function stopped(): PenumbraError {
  return new PenumbraError('RUN_CANCELLED', 'The computation was stopped.', { remedy: 'Start it again; nothing of it was kept.' });
}
