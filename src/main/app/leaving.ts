import type { LeaveReason } from '../../preload/window-verbs.ts';
import { shellStrings } from './strings.ts';

/** A native dialog: resolves to the index of the chosen button; `cancelId` when it is dismissed. */
export type Ask = (question: { message: string; detail: string; buttons: string[]; defaultId: number; cancelId: number }) => Promise<number>;

export interface LeavingOptions {
  /** What the page could not save; null when it does not answer in time. */
  readonly unsavedGestures: (reason: LeaveReason) => Promise<number | null>;
  /** Runs that leaving would end. */
  readonly runningRuns: () => Promise<readonly { recipe: string }[]>;
  readonly ask: Ask;
}

/** What becomes of the runs, or null: the user stays. */
export type Leave = { readonly runs: 'cancel' | 'wait' } | null;

/** Asks before the page or its project goes: about strokes that are not saved, then about runs. Asks nothing where there is nothing to lose. */
export async function confirmLeave(reason: LeaveReason, { unsavedGestures, runningRuns, ask }: LeavingOptions): Promise<Leave> {
  const unsaved = await unsavedGestures(reason);
  if (unsaved !== 0) {
    const text = unsaved === null ? shellStrings.noAnswer : { ...shellStrings.unsaved, message: shellStrings.unsaved.message(unsaved) };
    const answer = await ask({ message: text.message, detail: text.detail, buttons: [text.stay, text.leave], defaultId: 0, cancelId: 0 });
    if (answer === 0) return null;
  }
  if (reason === 'reload') return { runs: 'wait' };
  const running = await runningRuns();
  // Waiting for runs, where there are none, ends the core at once.
  if (running.length === 0) return { runs: 'wait' };
  const text = shellStrings.running;
  const answer = await ask({
    message: text.message(running.map(({ recipe }) => recipe)),
    detail: text.detail,
    buttons: [text.wait, text.cancel, text.stay],
    defaultId: 0,
    cancelId: 2,
  });
  if (answer === 2) return null;
  return { runs: answer === 0 ? 'wait' : 'cancel' };
}
