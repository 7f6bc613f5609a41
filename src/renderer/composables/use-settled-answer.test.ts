import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope, ref, type EffectScope } from 'vue';
import { PenumbraError } from '#shared/errors.ts';
import { useSettledAnswer } from './use-settled-answer.ts';

const back = vi.hoisted(() => ({ now: (): unknown => undefined }));
vi.mock('./use-core-events.ts', () => ({ useResync: (fetchAgain: () => void) => (back.now = fetchAgain) }));

let scope: EffectScope;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1000);
beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

it('does not take the answer to an older request for one to this', async () => {
  const request = ref<number | null>(1);
  const asked: number[] = [];
  const made = scope.run(() => useSettledAnswer(() => request.value, (value: number) => (asked.push(value), Promise.resolve(value * 10))));
  await settle();
  expect([made?.answer.value, made?.isCurrent.value]).toEqual([10, true]);
  request.value = 2;
  expect([made?.answer.value, made?.isCurrent.value]).toEqual([10, false]);
  await settle();
  expect([made?.answer.value, made?.isCurrent.value, asked]).toEqual([20, true, [1, 2]]);
  request.value = null;
  await settle();
  expect([made?.isCurrent.value, asked]).toEqual([false, [1, 2]]);
});

it('asks again by itself when the core that did not answer is back', async () => {
  let isAway = true;
  const made = scope.run(() => useSettledAnswer(() => 'run', () => (isAway ? Promise.reject(new PenumbraError('SHUTTING_DOWN', 'away', { remedy: '' })) : Promise.resolve('fine'))));
  await settle();
  expect([made?.error.value?.code, made?.answer.value]).toEqual(['SHUTTING_DOWN', null]);
  isAway = false;
  back.now();
  await settle();
  expect([made?.error.value, made?.answer.value]).toEqual([null, 'fine']);
});
