import { watchDebounced } from '@vueuse/core';
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { useResync } from './use-core-events.ts';

const SETTLE_MS = 300;

interface SettledAnswer<O> {
  /** The last one; it stays while the next is made. Null before the first and after an error. */
  readonly answer: ShallowRef<O | null>;
  readonly error: Ref<ErrorValue | null>;
  /** Whether answer or error is to the request as it stands now. */
  readonly isCurrent: ComputedRef<boolean>;
}

/** What `ask` says of a request: asked whenever the request or `occasion` has changed and stands still, and again when the core is back. */
export function useSettledAnswer<I, O>(request: () => I | null, ask: (request: I) => Promise<O>, occasion: () => unknown = () => null): SettledAnswer<O> {
  const answer = shallowRef<O | null>(null);
  const error = ref<ErrorValue | null>(null);
  const answered = ref<string | null>(null);
  let latest = 0;
  // As text, so that typing "1" and "1.0" asks once.
  const keyNow = (): string => JSON.stringify([request(), occasion()]);

  async function look(): Promise<void> {
    const own = ++latest;
    const isStale = (): boolean => own !== latest;
    const asked = request();
    const key = keyNow();
    if (asked === null) return;
    try {
      const got = await ask(asked);
      if (isStale()) return;
      answer.value = got;
      error.value = null;
    } catch (thrown) {
      if (isStale()) return;
      answer.value = null;
      error.value = toErrorValue(thrown);
    }
    answered.value = key;
  }
  watchDebounced(keyNow, () => void look(), { debounce: SETTLE_MS, immediate: true });
  useResync(() => void look());
  return { answer, error, isCurrent: computed(() => answered.value === keyNow()) };
}
