import { describe, expect, it } from 'vitest';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import { opposite, withChange } from '#renderer/stores/tag-changes.ts';
import { toggleOf } from './use-tagging.ts';

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
