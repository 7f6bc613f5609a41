import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { averagePrecision, meanAveragePrecision } from './average-precision.ts';

/** Made by tests/fixtures/average-precision/generate.py with scikit-learn. */
const numbers = z.array(z.number());
const Case = z.object({ name: z.string(), classes: z.int(), scores: numbers, tags: numbers, perClass: numbers, mean: z.number() });
const fixture = new URL('../../../tests/fixtures/average-precision/cases.json', import.meta.url);
const { cases } = z.object({ cases: z.array(Case) }).parse(JSON.parse(readFileSync(fixture, 'utf8')));

describe('average precision against scikit-learn', () => {
  it.each(cases.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const { mean, perClass } = meanAveragePrecision(item.scores, item.tags, item.classes);
    expect(perClass.length).toBe(item.classes);
    for (const [channel, value] of perClass.entries()) expect(value).toBeCloseTo(item.perClass[channel] ?? NaN, 12);
    expect(mean).toBeCloseTo(item.mean, 12);
  });
});

describe('average precision', () => {
  it('is null without a positive, and such a class does not count in the mean', () => {
    expect(averagePrecision([0.3, 0.1], [0, 0])).toBeNull();
    expect(meanAveragePrecision([0.9, 0.9, 0.1, 0.1], [1, 0, 0, 0], 2)).toEqual({ mean: 1, perClass: [1, null] });
    expect(meanAveragePrecision([0.9, 0.1], [0, 0], 1).mean).toBeNull();
  });

  it('does not depend on the order of items with one score', () => {
    expect(averagePrecision([0.5, 0.5, 0.5], [1, 0, 0])).toBe(averagePrecision([0.5, 0.5, 0.5], [0, 0, 1]));
  });

  it('refuses rows that are not full', () => {
    expect(() => meanAveragePrecision([1, 2, 3], [1, 0, 0], 2)).toThrow('do not fill rows of 2 classes');
  });
});
