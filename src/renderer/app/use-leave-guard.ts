import { useEventListener } from '@vueuse/core';
import { onScopeDispose } from 'vue';
import { useSaving } from '../stores/saving.ts';

/** Time that unsaved work gets to land before a closing window asks. */
const GRACE_MS = 2000;
const POLL_MS = 50;

/** Leaving the window while something waits to be saved asks first, in the browser and in the shell. */
export function useLeaveGuard(): void {
  const saving = useSaving();
  useEventListener(window, 'beforeunload', (event) => {
    saving.finishForLeaving();
    if (saving.waiting > 0) event.preventDefault();
  });
  const end = window.penumbra?.onBeforeLeave(async () => {
    saving.finishForLeaving();
    for (let waitedMs = 0; saving.waiting > 0 && waitedMs < GRACE_MS; waitedMs += POLL_MS) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return { unsavedGestures: saving.waiting };
  });
  if (end !== undefined) onScopeDispose(end);
}
