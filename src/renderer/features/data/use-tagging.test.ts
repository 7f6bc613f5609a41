import { describe, expect, it } from 'vitest';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import { opposite, PendingTags, toggleOf, withChange } from './use-tagging.ts';

const image = (id: string, ...tags: number[]): ImageSummary => ({ id, name: id, width: 1, height: 1, split: null, tags, hasTruth: false, review: 'unreviewed', edited: false, problem: null });

describe('toggling a class on a selection', () => {
  it('gives it to those without it, and takes it away only when all have it', () => {
    expect(toggleOf(2, [image('a', 1), image('b', 2)])).toEqual({ classIndex: 2, add: true, imageIds: ['a'] });
    expect(toggleOf(2, [image('a', 2), image('b', 1, 2)])).toEqual({ classIndex: 2, add: false, imageIds: ['a', 'b'] });
    expect(toggleOf(2, [])).toBeNull();
  });

  it('is undone exactly by its opposite', () => {
    for (const images of [[image('a', 1), image('b', 2)], [image('a', 2), image('b', 1, 2)]]) {
      const change = toggleOf(2, images);
      if (change === null) throw new Error('nothing toggled');
      const touched = images.filter(({ id }) => change.imageIds.includes(id));
      expect(touched.map((item) => withChange(withChange(item, change), opposite(change)))).toEqual(touched);
    }
  });
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
