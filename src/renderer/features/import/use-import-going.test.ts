import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope } from 'vue';
import type { CoreEvent } from '#renderer/api/event-stream.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { useImportGoing } from './use-import-going.ts';

let tell: (event: CoreEvent) => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  const listeners: ((event: CoreEvent) => void)[] = [];
  vi.spyOn(useConnection(), 'onEvent').mockImplementation((listener) => {
    listeners.push(listener);
    return () => true;
  });
  tell = (event) => {
    for (const listener of listeners) listener(event);
  };
});
afterEach(() => void vi.useRealTimers());

const progress = (done: number): CoreEvent => ({ name: 'dataset.importProgress', payload: { done, total: 9, file: 'a.jpg', etaSeconds: 3 } }) as CoreEvent;

it('shows an import from its next file on, until it is done or nothing more is heard of it', () => {
  const { going } = effectScope().run(() => useImportGoing()) ?? { going: { value: null } };
  expect(going.value).toBeNull();
  tell(progress(4));
  expect(going.value).toMatchObject({ done: 4, total: 9 });
  vi.advanceTimersByTime(10_000);
  tell(progress(5));
  vi.advanceTimersByTime(10_000);
  expect(going.value).toMatchObject({ done: 5 });
  vi.advanceTimersByTime(10_000);
  expect(going.value).toBeNull();
  tell(progress(6));
  tell({ name: 'project.changed', payload: {} } as CoreEvent);
  expect(going.value).toBeNull();
});
