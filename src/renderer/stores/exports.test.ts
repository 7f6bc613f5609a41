import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { useExports } from './exports.ts';

/** The core, as the page sees it: what it lists, and exports whose answers come when the test lets them. */
const core = vi.hoisted(() => ({
  known: [] as unknown[],
  answers: new Map<string, { resolve: (written: unknown) => void; reject: (error: Error) => void }>(),
  cancelled: [] as string[],
  resync: null as (() => void) | null,
  progress: null as ((payload: unknown) => void) | null,
}));
vi.mock('../api/client.ts', () => ({
  callsAreFor: () => undefined,
  call: ({ name }: { name: string }, { exportId = '' }: { exportId?: string }) => {
    if (name === 'exports.list') return Promise.resolve({ exports: core.known });
    if (name === 'exports.cancel') return Promise.resolve({ cancelled: core.cancelled.push(exportId) > 0 });
    return new Promise((resolve, reject) => core.answers.set(exportId, { resolve, reject }));
  },
}));
vi.mock('../composables/use-core-events.ts', () => ({
  useResync: (fetchAgain: () => void) => (core.resync = fetchAgain),
  useCoreEvent: (_: string, listener: (payload: unknown) => void) => (core.progress = listener),
}));
const stored = new Map<string, string>();
vi.stubGlobal('sessionStorage', { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => stored.set(key, value), removeItem: (key: string) => stored.delete(key) });

const request = { what: 'seeds', target: '/out' } as const;
const listed = (exportId: string, ended: boolean) => ({ exportId, request, startedAt: '2026-01-01T00:00:00.000Z', done: 3, total: 9, ended });
const idOf = (): string => [...core.answers.keys()].at(-1) ?? '';
/** The page after a reload: nothing in memory, what the session stores is kept. */
function reload(): ReturnType<typeof useExports> {
  setActivePinia(createPinia());
  return useExports();
}

beforeEach(() => {
  stored.clear();
  core.known = [];
  core.answers.clear();
  core.cancelled.length = 0;
});

it('takes up a running export that nobody here has seen begin, and cancels that one', async () => {
  const exports_ = reload();
  core.known = [listed('ended-one', true), listed('running-1', false)];
  core.resync?.();
  await vi.waitFor(() => expect(exports_.job).toMatchObject({ state: 'running', done: 3, total: 9 }));
  core.progress?.({ exportId: 'another-1', done: 8, total: 8 });
  core.progress?.({ exportId: 'running-1', done: 4, total: 9 });
  expect(exports_.job).toMatchObject({ done: 4, total: 9 });
  await exports_.cancel();
  expect(core.cancelled).toEqual(['running-1']);
  core.answers.get('running-1')?.reject(new PenumbraError('RUN_CANCELLED', 'cancelled', { remedy: '' }));
  await vi.waitFor(() => expect(exports_.job?.state).toBe('cancelled'));
});

it('goes on with an export whose answer was cut off', async () => {
  const exports_ = reload();
  void exports_.start(request);
  await vi.waitFor(() => expect(idOf()).not.toBe(''));
  const exportId = idOf();
  core.answers.get(exportId)?.reject(new PenumbraError('SHUTTING_DOWN', 'away', { remedy: '' }));
  await vi.waitFor(() => expect(exports_.job?.state).toBe('failed'));
  core.known = [listed('another-1', false), listed(exportId, true)];
  core.resync?.();
  await vi.waitFor(() => expect(exports_.job?.state).toBe('running'));
  core.answers.get(exportId)?.resolve({ files: 9, bytes: 9, target: '/out' });
  await vi.waitFor(() => expect(exports_.job).toMatchObject({ state: 'done', written: { files: 9 } }));
});

it('leaves an export that failed for good as it is', async () => {
  const exports_ = reload();
  void exports_.start(request);
  await vi.waitFor(() => expect(idOf()).not.toBe(''));
  core.answers.get(idOf())?.reject(new PenumbraError('DISK_FULL', 'full', { remedy: '' }));
  await vi.waitFor(() => expect(exports_.job?.state).toBe('failed'));
  core.known = [listed('another-1', false)];
  core.resync?.();
  await Promise.resolve();
  expect(exports_.job).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
});
