import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';

export interface Loading<T> {
  readonly value: ShallowRef<T | null>;
  readonly error: Ref<ErrorValue | null>;
  readonly isLoading: Ref<boolean>;
  /** True until the first value or error is there. */
  readonly isFirst: ComputedRef<boolean>;
  /** Fetches anew; what an older, slower fetch brings is dropped, and the last value stays shown meanwhile. */
  readonly load: () => Promise<void>;
}

/** Loading, error and value of something fetched, in the order it was asked for. */
export function useLoading<T>(fetchValue: (signal: AbortSignal) => Promise<T>): Loading<T> {
  const value = shallowRef<T | null>(null);
  const error = ref<ErrorValue | null>(null);
  const isLoading = ref(false);
  let current: AbortController | null = null;

  async function load(): Promise<void> {
    current?.abort();
    const own = new AbortController();
    current = own;
    const isStale = (): boolean => own.signal.aborted;
    isLoading.value = true;
    try {
      const fetched = await fetchValue(own.signal);
      if (isStale()) return;
      value.value = fetched;
      error.value = null;
    } catch (thrown) {
      if (isStale()) return;
      error.value = toErrorValue(thrown);
    }
    isLoading.value = false;
  }

  return { value, error, isLoading, isFirst: computed(() => value.value === null && error.value === null), load };
}
