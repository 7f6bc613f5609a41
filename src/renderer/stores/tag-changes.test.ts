import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import { PenumbraError } from '#shared/errors.ts';
import { useConnection } from './connection.ts';
import { useSaving } from './saving.ts';
import { PendingTags, useTagChanges } from './tag-changes.ts';

/** The core, as the page sees it: what reached it, and how it fails. */
const core = vi.hoisted(() => ({ sent: [] as string[], failWith: null as Error | null }));
vi.mock('../api/client.ts', () => ({
  callsAreFor: () => undefined,
  call: (_: unknown, { imageIds, add, remove }: { imageIds: string[]; add: number[]; remove: number[] }, { projectId }: { projectId: string }) => {
    if (core.failWith !== null) return Promise.reject(core.failWith);
    core.sent.push(`${projectId}: ${imageIds.join()} +${add.join()} -${remove.join()}`);
    return Promise.resolve({ images: [] });
  },
}));

const image = (id: string, ...tags: number[]): ImageSummary => ({ id, name: id, width: 1, height: 1, split: null, tags, hasTruth: false, review: 'unreviewed', edited: false, problem: null });
const change = (classIndex: number) => ({ classIndex, add: true, imageIds: ['a'] });
const someTries = (): Promise<unknown> => vi.advanceTimersByTimeAsync(5000);

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  useConnection().projectId = 'first';
  core.sent = [];
  core.failWith = null;
});
afterEach(() => vi.useRealTimers());

it('keeps changes while the core is away, and saves them in their order', async () => {
  const changes = useTagChanges();
  core.failWith = new PenumbraError('SHUTTING_DOWN', 'away', { remedy: '' });
  changes.apply(change(1));
  changes.apply(change(2));
  changes.undo();
  await someTries();
  expect([changes.isWaiting, useSaving().waiting, changes.over(image('a')).tags]).toEqual([true, 3, [1]]);

  core.failWith = null;
  await someTries();
  expect(core.sent).toEqual(['first: a +1 -', 'first: a +2 -', 'first: a + -2']);
  expect([changes.isWaiting, useSaving().waiting, changes.over(image('a')).tags]).toEqual([false, 0, []]);
});

it('never saves, shows or undoes a change in another project that has the same photo', async () => {
  const changes = useTagChanges();
  core.failWith = new PenumbraError('SHUTTING_DOWN', 'away', { remedy: '' });
  const asked = change(1);
  changes.apply(asked);
  await someTries();
  useConnection().projectId = 'second';
  core.failWith = null;
  await someTries();
  expect(core.sent).toEqual([]);
  expect([changes.over(image('a')).tags, changes.canUndo, changes.isWaiting, changes.undo(asked)]).toEqual([[], false, false, null]);
  // It still counts as not saved, and others are not held up by it.
  expect(useSaving().waiting).toBe(1);
  changes.apply(change(3));
  await someTries();
  expect(core.sent).toEqual(['second: a +3 -']);

  useConnection().projectId = 'first';
  await someTries();
  expect(core.sent).toEqual(['second: a +3 -', 'first: a +1 -']);
  expect(useSaving().waiting).toBe(0);
});

it('takes back what the core refuses, and says so', async () => {
  const changes = useTagChanges();
  const refused: unknown[] = [];
  changes.onRefused((item) => refused.push(item));
  core.failWith = new PenumbraError('DISK_FULL', 'no room', { remedy: '' });
  const asked = change(1);
  changes.apply(asked);
  await someTries();
  expect(refused).toEqual([asked]);
  expect([changes.error?.code, changes.canUndo, changes.over(image('a')).tags]).toEqual(['DISK_FULL', false, []]);
  expect([useSaving().waiting, useSaving().savedAt]).toEqual([0, null]);
});

it('lays what is not saved yet over older tags from the core, and nothing after', () => {
  const pending = new PendingTags();
  const first = { classIndex: 3, add: true, imageIds: ['a'] };
  const second = { classIndex: 1, add: false, imageIds: ['a', 'b'] };
  pending.add(first);
  pending.add(second);
  expect(pending.over(image('a', 1, 2)).tags).toEqual([2, 3]);
  expect(pending.over(image('b', 1)).tags).toEqual([]);
  pending.remove(first);
  expect(pending.over(image('a', 1, 2)).tags).toEqual([2]);
  pending.remove(second);
  expect(pending.over(image('a', 1, 2)).tags).toEqual([1, 2]);
});
