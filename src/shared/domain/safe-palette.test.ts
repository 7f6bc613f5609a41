import { describe, expect, it } from 'vitest';
import { safeColours, safePalette } from './safe-palette.ts';

const text = (colour: readonly number[]): string => colour.join();

describe('colours that all eyes tell apart', () => {
  it('are different ones, the same each time, and begin with the ones told apart best', () => {
    for (const count of [0, 1, 8, 20, 60]) {
      const colours = safePalette(count);
      expect(new Set(colours.map(text)).size).toBe(count);
      expect(safePalette(count + 1).slice(0, count)).toEqual(colours);
    }
  });

  it('give every class one of them', () => {
    const colours = safeColours(20, []);
    expect(new Set(colours.map(text))).toEqual(new Set(safePalette(20).map(text)));
  });

  it('keep classes that occur together apart: bluish green and teal never meet', () => {
    const count = 12;
    const together = Array.from({ length: count }, () => Array.from({ length: count }, () => 0));
    for (const [a, b] of [[0, 1], [1, 0]] as const) (together[a] ?? [])[b] = 50;
    const [one, other] = safeColours(count, together).map(text);
    const close = [['0,158,115', '68,170,153'], ['86,180,233', '136,204,238']];
    for (const pair of close) expect([one, other].toSorted()).not.toEqual(pair.toSorted());
  });

  it('answer at once for as many classes as a project may hold', () => {
    const colours = safeColours(254, Array.from({ length: 254 }, () => Array.from({ length: 254 }, () => 1)));
    expect(colours).toHaveLength(254);
  });
});
