import { describe, expect, it } from 'vitest';
import { chooseAll, keepIn, move, NOTHING, orderOf, pick, targets } from './selection.ts';

const order = orderOf(['a', 'b', 'c', 'd', 'e']);

describe('choosing images', () => {
  it('takes one, a range from where it began, and single ones out again', () => {
    const one = pick(NOTHING, order, 'b', 'plain');
    expect(targets(one, order)).toEqual(['b']);
    const range = pick(one, order, 'd', 'range');
    expect(targets(range, order)).toEqual(['b', 'c', 'd']);
    expect(targets(pick(range, order, 'a', 'range'), order)).toEqual(['a', 'b']);
    expect(targets(pick(range, order, 'c', 'toggle'), order)).toEqual(['b', 'd']);
    expect(targets(pick(range, order, 'e', 'plain'), order)).toEqual(['e']);
  });

  it('moves within both ends, and begins at the first', () => {
    const first = move(NOTHING, order, 1, 'plain');
    expect(first.focus).toBe('a');
    expect(move(first, order, -7, 'plain').focus).toBe('a');
    const last = move(first, order, 70, 'range');
    expect(last.focus).toBe('e');
    expect(last.chosen.size).toBe(5);
    expect(move(NOTHING, order, -5, 'plain').focus).toBe('a');
    expect(move(NOTHING, order, Infinity, 'plain').focus).toBe('e');
    expect(move(NOTHING, order, -Infinity, 'plain').focus).toBe('a');
    expect(move(NOTHING, orderOf([]), 1, 'plain')).toBe(NOTHING);
  });

  it('keeps what is still shown', () => {
    const kept = keepIn(chooseAll(pick(NOTHING, order, 'c', 'plain'), order), orderOf(['b', 'e']));
    expect(kept).toEqual({ focus: null, anchor: null, chosen: new Set(['b', 'e']) });
    expect(targets({ focus: 'c', anchor: null, chosen: new Set() }, order)).toEqual(['c']);
  });
});
