import { expect, it } from 'vitest';
import { chipsOf, complete } from './filter-chips.ts';

const vocabulary = { classes: [{ index: 1, name: 'cat' }, { index: 2, name: 'catfish' }, { index: 3, name: 'cart' }], splits: ['train', 'val'] };

it('names each part of a filter, and what is left without it', () => {
  expect(chipsOf({ classIndex: 2, split: null, nameContains: 'x' }, vocabulary)).toEqual([
    { key: 'classIndex', title: 'Class: catfish', without: { split: null, nameContains: 'x' } },
    { key: 'split', title: 'Split: in no split', without: { classIndex: 2, nameContains: 'x' } },
    { key: 'nameContains', title: 'name: x', without: { classIndex: 2, split: null } },
  ]);
});

it('completes what is begun, then by name, then by all words typed, and never offers what is set already', () => {
  expect(complete('class cat', { classIndex: 1 }, vocabulary)).toEqual([
    { title: 'name contains “class cat”', filter: { classIndex: 1, nameContains: 'class cat' } },
    { title: 'Class: catfish', filter: { classIndex: 2 } },
  ]);
  expect(complete('cart', {}, vocabulary).map(({ title }) => title)).toEqual(['Class: cart', 'name contains “cart”']);
  expect(complete('flag', {}, vocabulary)[0]).toEqual({ title: 'Review: flagged', filter: { review: 'flagged' } });
  expect(complete(' ', {}, { classes: [], splits: [] })[0]?.title).toBe('Class: no class');
});
