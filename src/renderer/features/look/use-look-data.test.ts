import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { effectScope, nextTick, ref, type EffectScope } from 'vue';
import { labelMapOf, useImage, useScoreMaps } from './use-look-data.ts';

/** The core, as the page sees it: what it has of one image, and blobs that come when the test lets them. */
const core = vi.hoisted(() => ({ gestures: 0, blobs: new Map<string, (bytes: string) => void>(), mapsAsked: 0 }));

vi.mock('#renderer/api/client.ts', () => ({
  callsAreFor: () => undefined,
  call: ({ name }: { name: string }, { imageId }: { imageId: string }) =>
    Promise.resolve(name === 'edits.state' ? { imageId, gestures: core.gestures } : { image: { id: imageId }, photo: 'ok', layers: [] }),
  getBlob: (_: string, id: string) => new Promise((resolve) => core.blobs.set(id, resolve)),
}));
vi.mock('#renderer/api/photos.ts', () => ({
  loadPhoto: () => Promise.resolve({ kind: 'blank', width: 1, height: 1 }),
  loadLabelMap: () => Promise.resolve({ asked: ++core.mapsAsked }),
}));
vi.mock('#shared/formats/score-maps.ts', () => ({ readScoreMaps: (of: string) => ({ of }) }));

beforeEach(() => setActivePinia(createPinia()));

function within<T>(work: () => T): { scope: EffectScope; result: T } {
  const scope = effectScope();
  const result = scope.run(work);
  if (result === undefined) throw new Error('nothing came of it');
  return { scope, result };
}

it('shows what was done to an image while another place was open', async () => {
  const first = within(() => useImage(ref('im_a')));
  await expect.poll(() => first.result.details.value?.edits.gestures).toBe(0);
  const before = await labelMapOf('corrected', 'im_a.base');
  first.scope.stop();

  core.gestures = 3; // painted in Fix
  const again = within(() => useImage(ref('im_a')));
  await expect.poll(() => again.result.details.value?.edits.gestures).toBe(3);
  expect(await labelMapOf('corrected', 'im_a.base')).not.toBe(before);
  again.scope.stop();
});

it('never leaves the scores of one image over the next', async () => {
  const blob = ref('key.im_a');
  const { scope, result } = within(() => useScoreMaps(() => blob.value));
  core.blobs.get('key.im_a')?.('a');
  await expect.poll(() => result.scores.value).toEqual({ of: 'a' });
  blob.value = 'key.im_b';
  await nextTick();
  expect(result.scores.value).toBeNull();
  blob.value = 'key.im_c';
  await nextTick();
  core.blobs.get('key.im_c')?.('c');
  await expect.poll(() => result.scores.value).toEqual({ of: 'c' });
  core.blobs.get('key.im_b')?.('b');
  await nextTick();
  expect(result.scores.value).toEqual({ of: 'c' });
  scope.stop();
});
