import { describe, expect, test } from 'vitest';
import { parseRule, replaceRules } from './supervision.ts';

const INFO = {
  classes: [
    { index: 1, name: 'cat', colour: [128, 0, 0] as [number, number, number] },
    { index: 2, name: 'dining table', colour: [0, 128, 0] as [number, number, number] },
  ],
  splits: [
    { name: 'train', images: 3 },
    { name: 'val', images: 2 },
  ],
};

describe('parseRule', () => {
  test.each([
    ['train=masks', { split: 'train', classIndex: null, kind: 'masks' }],
    ['val:cat=none', { split: 'val', classIndex: 1, kind: 'none' }],
    ['val:dining table=boxes', { split: 'val', classIndex: 2, kind: 'boxes' }],
  ])('%s', (text, expected) => {
    expect(parseRule(text, INFO)).toEqual(expected);
  });

  test.each([
    ['train', 'Write SPLIT=KIND'],
    ['test=masks', 'Splits: train, val.'],
    ['train:bird=masks', 'Classes: cat, dining table.'],
    ['train=everything', 'Kinds: tags, masks, boxes, none.'],
    ['=masks', 'Write SPLIT=KIND'],
  ])('%s is refused and the remedy names what there is', (text, remedy) => {
    expect(() => parseRule(text, INFO)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', remedy: expect.stringContaining(remedy) as string }));
  });
});

describe('replaceRules', () => {
  const rules = [
    { split: 'train', classIndex: null, kind: 'tags' },
    { split: 'train', classIndex: 1, kind: 'none' },
    { split: 'val', classIndex: null, kind: 'tags' },
  ] as const;

  test('a rule for a whole split replaces those of its classes', () => {
    expect(replaceRules(rules, { split: 'train', classIndex: null, kind: 'masks' })).toEqual([rules[2], { split: 'train', classIndex: null, kind: 'masks' }]);
  });

  test('a rule for one class leaves the split’s own', () => {
    const next = { split: 'train', classIndex: 1, kind: 'boxes' } as const;
    expect(replaceRules(rules, next)).toEqual([rules[0], rules[2], next]);
  });
});
