import { watchDebounced } from '@vueuse/core';
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { runs as contract } from '#shared/contract/index.ts';
import type { CallInput, CallOutput } from '#shared/contract/define.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '../../api/client.ts';

export type RunRequest = CallInput<typeof contract.checkRun>;
export type CheckResult = CallOutput<typeof contract.checkRun>;

const SETTLE_MS = 300;

interface DryCheck {
  /** Of the request as it stands; null while there is none or it is being checked for the first time. */
  readonly result: ShallowRef<CheckResult | null>;
  readonly error: Ref<ErrorValue | null>;
  readonly isChecking: Ref<boolean>;
}

/** Checks a request whenever it has changed and stands still; the last result stays while the next is made. */
export function useDryCheck(request: () => RunRequest | null): DryCheck {
  const result = shallowRef<CheckResult | null>(null);
  const error = ref<ErrorValue | null>(null);
  const isChecking = ref(false);
  let latest = 0;

  async function check(asked: RunRequest | null): Promise<void> {
    const own = ++latest;
    const isStale = (): boolean => own !== latest;
    if (asked === null) {
      isChecking.value = false;
      return;
    }
    isChecking.value = true;
    try {
      const answer = await call(contract.checkRun, asked);
      if (isStale()) return;
      result.value = answer;
      error.value = null;
    } catch (thrown) {
      if (isStale()) return;
      result.value = null;
      error.value = toErrorValue(thrown);
    }
    isChecking.value = false;
  }
  // The text of the request, so that typing "1" and "1.0" asks once.
  watchDebounced(() => JSON.stringify(request()), () => void check(request()), { debounce: SETTLE_MS, immediate: true });
  return { result, error, isChecking };
}
