import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';
import { effectScope } from 'vue';
import { useImageList } from './use-image-list.ts';

const IMAGES = 450;
const core = vi.hoisted(() => ({ tags: [] as number[], failFrom: Infinity, asked: [] as number[] }));
vi.mock('#renderer/api/client.ts', () => ({
  callsAreFor: () => undefined,
  call: ({ name }: { name: string }, { offset, limit }: { offset: number; limit: number }) => {
    const ids = Array.from({ length: IMAGES }, (_, at) => `im_${at}`);
    if (name === 'dataset.imageIds') return Promise.resolve({ ids });
    core.asked.push(offset);
    if (offset >= core.failFrom) return Promise.reject(new Error('away'));
    return Promise.resolve({ total: IMAGES, images: ids.slice(offset, offset + limit).map((id) => ({ id, tags: core.tags })) });
  },
}));

beforeEach(() => {
  setActivePinia(createPinia());
  core.asked = [];
});

it('reads every image that is to be changed, anew after the list was, and says when it cannot', async () => {
  const scope = effectScope();
  const list = scope.run(() => useImageList(() => ({}), (image) => image));
  if (list === undefined) throw new Error('nothing came of it');
  await list.load();
  const all = [...list.order.value.ids];

  core.failFrom = 400;
  expect(await list.ensureAll(all)).toBe(false);
  core.failFrom = Infinity;
  expect(await list.ensureAll(all)).toBe(true);
  expect(core.asked).toEqual([0, 200, 400, 400]);

  // Changed elsewhere while nobody listened.
  core.tags = [7];
  await list.load();
  expect(await list.ensureAll(all)).toBe(true);
  expect(all.every((id) => list.summaries.get(id)?.tags[0] === 7)).toBe(true);
  scope.stop();
});
