import { describe, expect, it } from 'vitest';
import { hashKey, randomFor, shuffled } from './random.ts';

const draws = (key: readonly (string | number)[], count: number): number[] => {
  const random = randomFor(...key);
  return Array.from({ length: count }, () => random.unit());
};

describe('random', () => {
  it('gives one stream per key, whatever was drawn before', () => {
    const first = draws([7, 'augment', 3, 'im_a'], 5);
    draws([7, 'augment', 3, 'im_b'], 50);
    expect(draws([7, 'augment', 3, 'im_a'], 5)).toEqual(first);
  });

  it('tells neighbouring keys apart', () => {
    const keys: (string | number)[][] = [];
    for (let seed = 0; seed < 20; seed++) for (let epoch = 0; epoch < 50; epoch++) keys.push([seed, 'order', epoch]);
    keys.push(['1', '23'], ['12', '3'], [1, '23'], ['123']);
    expect(new Set(keys.map(hashKey)).size).toBe(keys.length);
    expect(new Set(keys.map((key) => draws(key, 1)[0])).size).toBe(keys.length);
  });

  it('draws uniform and normal numbers with the right moments', () => {
    const random = randomFor(1, 'moments');
    const uniform = Array.from({ length: 20000 }, () => random.between(-1, 3));
    const normal = Array.from({ length: 20000 }, () => random.normal());
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = (values: number[]) => mean(values.map((value) => (value - mean0) ** 2));
    let mean0 = mean(uniform);
    expect(mean0).toBeCloseTo(1, 1);
    expect(variance(uniform)).toBeCloseTo(16 / 12, 1);
    mean0 = mean(normal);
    expect(mean0).toBeCloseTo(0, 1);
    expect(variance(normal)).toBeCloseTo(1, 1);
  });

  it('reaches both ends of an integer range', () => {
    const random = randomFor(2, 'ends');
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });

  it('shuffles to a permutation and leaves its input alone', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const mixed = shuffled(items, randomFor(3, 'order', 0));
    expect(mixed).not.toEqual(items);
    expect([...mixed].sort((a, b) => a - b)).toEqual(items);
    expect(items[0]).toBe(0);
    expect(shuffled(items, randomFor(3, 'order', 0))).toEqual(mixed);
  });
});
