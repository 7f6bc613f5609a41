import { expect, it, vi } from 'vitest';
import { ref } from 'vue';
import { PenumbraError } from '#shared/errors.ts';
import { useOtherScores } from './use-scores.ts';

const core = vi.hoisted(() => ({ settle: new Map<string, (how: unknown) => void>() }));
vi.mock('#renderer/api/client.ts', () => ({
  call: (_: unknown, { runId }: { runId: string }) =>
    new Promise((resolve, reject) => core.settle.set(runId, (how) => (how instanceof Error ? reject(how) : resolve(how)))),
}));

it('never compares with the scores of a run that was asked for before', async () => {
  const runId = ref('');
  const other = useOtherScores(runId);
  await expect.poll(() => other.table.value).toBeNull();
  runId.value = 'a';
  await expect.poll(() => core.settle.has('a')).toBe(true);
  core.settle.get('a')?.({ runId: 'a', table: 'of a' });
  await expect.poll(() => other.table.value).toBe('of a');

  runId.value = 'b';
  await expect.poll(() => core.settle.has('b')).toBe(true);
  expect(other.table.value).toBeNull();
  core.settle.get('b')?.(new Error('unreadable'));
  await expect.poll(() => other.error.value).not.toBeNull();
  expect([other.table.value, other.isGone.value]).toEqual([null, false]);

  runId.value = 'c';
  await expect.poll(() => core.settle.has('c')).toBe(true);
  core.settle.get('c')?.(new PenumbraError('ARTIFACT_NOT_FOUND', 'reclaimed', { remedy: '' }));
  await expect.poll(() => other.isGone.value).toBe(true);
  expect(other.table.value).toBeNull();
});
