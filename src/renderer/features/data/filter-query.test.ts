import { describe, expect, it } from 'vitest';
import { readFilter, withPart, writeFilter, type Filter } from './filter-query.ts';

const asQuery = (filter: Filter): Record<string, string> =>
  Object.fromEntries(Object.entries(writeFilter(filter)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

describe('a filter in an address', () => {
  it.each<Filter>([
    {},
    { classIndex: 3, split: 'train', review: 'flagged', hasTruth: true, edited: false, problem: true, nameContains: 'a b' },
    { classIndex: null, split: null },
    { split: 'none' },
  ])('comes back as it was: %o', (filter) => {
    expect(readFilter(asQuery(filter))).toEqual(filter);
  });

  it('leaves out what makes no sense, and keeps the rest', () => {
    expect(readFilter({ class: 'x', split: 'a/b', review: 'maybe', name: 'x'.repeat(400), edited: 'yes', tab: 'classes' })).toEqual({ edited: true });
  });

  it('takes a part out', () => {
    expect(withPart({ classIndex: 1, nameContains: 'a' }, 'nameContains', '')).toEqual({ classIndex: 1 });
    expect(withPart({}, 'classIndex', null)).toEqual({ classIndex: null });
  });
});
