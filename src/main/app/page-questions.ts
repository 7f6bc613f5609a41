import type { WebContents } from 'electron';
import * as z from 'zod';
import { CHANNELS } from '../../preload/channels.ts';
import type { LeaveReason } from '../../preload/window-verbs.ts';

const LeaveMessage = z.strictObject({ id: z.int(), unsavedGestures: z.int().nonnegative() });

/** The page gets so long to save what waits; it answers sooner when nothing does. */
const PATIENCE_MS = 5000;

/** Asks the page what it could not save before it goes. */
export class PageQuestions {
  #lastId = 0;
  readonly #waiting = new Map<number, (unsavedGestures: number) => void>();
  readonly #patienceMs: number;

  constructor(options: { readonly patienceMs?: number } = {}) {
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
  }

  /** Gestures that are not saved; null when the page does not answer in time. A page that has not loaded has nothing to lose. */
  async unsavedGestures(contents: Pick<WebContents, 'isLoadingMainFrame' | 'isCrashed' | 'send'>, reason: LeaveReason): Promise<number | null> {
    if (contents.isCrashed() || contents.isLoadingMainFrame()) return 0;
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<number>((resolve) => this.#waiting.set(id, resolve));
    contents.send(CHANNELS.beforeLeave, { id, reason });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), this.#patienceMs)));
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Takes an answer off the wire. Throws on one that is malformed. */
  take(message: unknown): void {
    const { id, unsavedGestures } = LeaveMessage.parse(message);
    this.#waiting.get(id)?.(unsavedGestures);
  }
}
