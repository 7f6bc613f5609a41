import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import { PenumbraError } from '#shared/errors.ts';
import { useRunDraft } from './run-draft.ts';
import { useRuns } from './runs.ts';

/** The core, as the page sees it: lists come when the test lets them, and events go to whoever listens. */
const core = vi.hoisted(() => ({ answer: null as ((list: unknown) => unknown) | null, tell: null as ((payload: unknown) => unknown) | null }));
vi.mock('../api/client.ts', () => ({
  call: ({ name }: { name: string }, { runId }: { runId?: string }) => {
    if (name === 'runs.list') return new Promise((resolve) => (core.answer = resolve));
    if (name === 'runs.queue') return Promise.resolve({ queue: [] });
    return runId === 'run_old' ? Promise.resolve({ ...run('done'), id: 'run_old' }) : Promise.reject(new PenumbraError('RUN_NOT_FOUND', 'no such run', { remedy: '' }));
  },
}));
vi.mock('../composables/use-core-events.ts', () => ({
  useResync: () => undefined,
  useCoreEvent: (_: string, listener: (payload: unknown) => void) => (core.tell = listener),
}));

const run = (state: RunSummary['state']): RunSummary => ({ id: 'run_a', recipe: 'r', preset: 'full', seed: 7, overrides: { 'cam.epochs': 2 }, state, steps: [], createdAt: '', startedAt: null, endedAt: null, backend: null, device: 'cpu', error: null, scoringOf: null });
beforeEach(() => setActivePinia(createPinia()));

it('does not take a list for newer than what was told while it was on its way', async () => {
  const runs = useRuns();
  const loaded = runs.load();
  core.tell?.(run('done'));
  core.answer?.({ runs: [run('running')], total: 1 });
  await loaded;
  expect(runs.byId.get('run_a')?.state).toBe('done');
});

it('finds a run that is older than those listed, and tells one that is not there', async () => {
  const runs = useRuns();
  await runs.find('run_old');
  await runs.find('run_never');
  expect([runs.byId.has('run_old'), [...runs.missing]]).toEqual([true, ['run_never']]);
});

it('counts the runs that are not listed, and those that are new', async () => {
  const runs = useRuns();
  const loaded = runs.load();
  core.answer?.({ runs: [{ ...run('done'), createdAt: '2026-01-02' }], total: 345 });
  await loaded;
  core.tell?.({ ...run('queued'), id: 'run_new', createdAt: '2026-01-03' });
  core.tell?.({ ...run('running'), id: 'run_new', createdAt: '2026-01-03' });
  core.tell?.({ ...run('running'), id: 'run_resumed', createdAt: '2026-01-01' });
  expect([runs.all.length, runs.total]).toEqual([3, 346]);
});

it('gives back the settings that were typed before those of a run took their place', () => {
  const drafts = useRunDraft();
  drafts.draft.recipe = 'r';
  const texts = (overrides: object): Record<string, string> => Object.fromEntries(Object.entries(overrides).map(([path, value]) => [path, String(value)]));
  expect(drafts.startFrom(run('done'), texts)).toBeNull();
  drafts.setText('cam.epochs', '30');
  const replaced = drafts.startFrom(run('done'), texts);
  expect(drafts.textOf('cam.epochs')).toBe('2');
  replaced?.();
  expect(drafts.textOf('cam.epochs')).toBe('30');
  const cleared = drafts.clearTexts();
  expect(drafts.textOf('cam.epochs')).toBeUndefined();
  cleared();
  expect(drafts.textOf('cam.epochs')).toBe('30');
});
