import type { EditState } from '#shared/contract/edits.ts';
import { toErrorValue, type ErrorCode, type ErrorValue } from '#shared/errors.ts';
import type { EditOperation, OfImage } from './operation.ts';

/** The core, as the queue needs it. Each answer means that it is on disk. */
export interface EditTransport {
  state(owner: OfImage): Promise<EditState>;
  send(operation: EditOperation, expectedRevision: number): Promise<EditState>;
}

export interface EditQueueEvents {
  /** Something waits, landed, stuck or is in trouble: look again. */
  changed(): void;
  /** `operation` is on disk. */
  landed(operation: EditOperation, state: EditState): void;
}

/** Operations that the core refused for good, kept until the user decides. */
export interface StuckEdits {
  readonly error: ErrorValue;
  readonly operations: readonly EditOperation[];
}

/** These pass by themselves, or once the user has made room, signed in or opened the project again. */
const PASSING: readonly ErrorCode[] = ['SHUTTING_DOWN', 'PROJECT_LOCKED', 'DISK_FULL', 'WRITE_FAILED', 'UNAUTHORIZED', 'OTHER_PROJECT', 'INTERNAL'];
/** An INTERNAL error that stays is no passing one. */
const MAX_INTERNAL_TRIES = 5;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 3000;

interface Entry {
  readonly operation: EditOperation;
  /** The state it was first sent from, when its answer may have been lost on the way. */
  sentFrom: EditState | null;
}

/**
 * Saves operations one after the other in the order they were made, over restarts of the core. An operation leaves only when the
 * core has said that it is on disk, or when the user gives it up.
 */
export class EditQueue {
  readonly #transport: EditTransport;
  readonly #events: EditQueueEvents;
  readonly #openProject: () => string | null;
  readonly #sleep: (ms: number) => Promise<void>;
  #entries: Entry[] = [];
  /** By project and image, as the next. */
  readonly #states = new Map<string, EditState>();
  readonly #stuck = new Map<string, StuckEdits>();
  #trouble: ErrorValue | null = null;
  #isRunning = false;
  /** What there is belongs to projects that are not open. */
  #hasNothingToSend = false;
  #wake: (() => void) | null = null;

  constructor(transport: EditTransport, events: EditQueueEvents, openProject: () => string | null, sleep: (ms: number) => Promise<void>) {
    this.#transport = transport;
    this.#events = events;
    this.#openProject = openProject;
    this.#sleep = sleep;
  }

  /** Why the oldest operation did not land yet; null while all goes well. */
  get trouble(): ErrorValue | null {
    return this.#trouble;
  }

  /** Operations on their way: of one image of the open project, or all. The same photo has the same id in every project. */
  waiting(imageId?: string): number {
    return this.#entries.filter(({ operation }) => imageId === undefined || ownerOf(operation) === this.#here(imageId)).length;
  }

  /** Of an image of the open project. */
  stuck(imageId: string): StuckEdits | null {
    return this.#stuck.get(this.#here(imageId)) ?? null;
  }

  /** What the core last said of an image of the open project. */
  knownState(imageId: string): EditState | null {
    return this.#states.get(this.#here(imageId)) ?? null;
  }

  /** What the core says of an image on which nothing waits; later operations build on it. */
  learn(state: EditState): void {
    if (this.waiting(state.imageId) === 0) this.#states.set(this.#here(state.imageId), state);
  }

  add(operation: EditOperation): void {
    const stuck = this.#stuck.get(ownerOf(operation));
    // What follows a refused operation was made on it, and waits for the same decision.
    if (stuck !== undefined) this.#stuck.set(ownerOf(operation), { ...stuck, operations: [...stuck.operations, operation] });
    else this.#entries.push({ operation, sentFrom: null });
    this.#events.changed();
    if (this.#hasNothingToSend) this.kick();
    void this.#run();
  }

  /** Tries again at once: the core may be back. */
  kick(): void {
    this.#wake?.();
  }

  /** Takes out what stuck, for the user's decision to be carried out. */
  takeStuck(imageId: string): readonly EditOperation[] {
    const owner = this.#here(imageId);
    const stuck = this.#stuck.get(owner);
    this.#stuck.delete(owner);
    this.#events.changed();
    return stuck?.operations ?? [];
  }

  /** Resolves when nothing of an image waits any more. */
  async settled(imageId: string): Promise<void> {
    while (this.waiting(imageId) > 0) await this.#sleep(20);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let retryMs = FIRST_RETRY_MS;
    let internalTries = 0;
    while (this.#entries.length > 0) {
      const entry = this.#entries.find(({ operation }) => this.#isOpen(operation));
      this.#hasNothingToSend = entry === undefined;
      if (entry === undefined) {
        await this.#pause(LONGEST_RETRY_MS);
        continue;
      }
      const { operation } = entry;
      try {
        const state = await this.#land(entry);
        this.#entries = this.#entries.filter((other) => other !== entry);
        this.#states.set(ownerOf(operation), state);
        this.#trouble = null;
        retryMs = FIRST_RETRY_MS;
        internalTries = 0;
        this.#events.landed(operation, state);
        this.#events.changed();
      } catch (thrown) {
        const error = toErrorValue(thrown);
        internalTries += error.code === 'INTERNAL' ? 1 : 0;
        if (!PASSING.includes(error.code) || internalTries >= MAX_INTERNAL_TRIES) {
          internalTries = 0;
          this.#refuse(operation, error);
          continue;
        }
        this.#trouble = error;
        this.#events.changed();
        await this.#pause(retryMs);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 1.6);
      }
    }
    this.#isRunning = false;
  }

  /** Sends an operation, or finds that an earlier sending, whose answer never came, did its work. */
  async #land(entry: Entry): Promise<EditState> {
    const { operation } = entry;
    const before = this.#states.get(ownerOf(operation)) ?? (await this.#transport.state(operation));
    if (entry.sentFrom !== null && (operation.kind === 'undo' || operation.kind === 'redo')) {
      const now = await this.#transport.state(operation);
      const [less, more] = operation.kind === 'undo' ? (['undoable', 'redoable'] as const) : (['redoable', 'undoable'] as const);
      const from = entry.sentFrom;
      if (now.revision === from.revision + 1 && now[less] === from[less] - 1 && now[more] === from[more] + 1) return now;
    }
    entry.sentFrom = before;
    return this.#transport.send(operation, before.revision);
  }

  #refuse(refused: EditOperation, error: ErrorValue): void {
    const owner = ownerOf(refused);
    const operations = this.#entries.map(({ operation }) => operation).filter((operation) => ownerOf(operation) === owner);
    this.#entries = this.#entries.filter(({ operation }) => ownerOf(operation) !== owner);
    this.#stuck.set(owner, { error, operations });
    this.#states.delete(owner);
    this.#trouble = null;
    this.#events.changed();
  }

  #isOpen({ projectId }: OfImage): boolean {
    return projectId === this.#openProject();
  }

  #here(imageId: string): string {
    return ownerOf({ projectId: this.#openProject(), imageId });
  }

  async #pause(ms: number): Promise<void> {
    await Promise.race([this.#sleep(ms), new Promise<void>((resolve) => (this.#wake = resolve))]);
    this.#wake = null;
  }
}

function ownerOf({ projectId, imageId }: OfImage): string {
  return `${projectId ?? ''} ${imageId}`;
}
