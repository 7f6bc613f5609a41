import { useIntervalFn } from '@vueuse/core';
import { shallowRef, type ShallowRef } from 'vue';

/** The time, ms since 1970, renewed every `intervalMs`. */
export function useClock(intervalMs: number): ShallowRef<number> {
  const nowMs = shallowRef(Date.now());
  useIntervalFn(() => (nowMs.value = Date.now()), intervalMs);
  return nowMs;
}
