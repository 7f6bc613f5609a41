import { expect, it } from 'vitest';
import { bytes, count, duration, percent } from './format.ts';

it.each([[5, '0:05'], [65, '1:05'], [3725, '1:02:05'], [-1, '0:00']])('%d s is %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it('never says 100 % before all is done', () => {
  expect([percent(0.9999), percent(1), percent(0.437), percent(0.9999, 1)]).toEqual(['99 %', '100 %', '44 %', '99.9 %'].map((text, at) => (at === 2 ? '44 %' : text)));
});

it('gives sizes and counts with units and separators', () => {
  expect([bytes(999), bytes(3_900_000), bytes(1_234_000_000), count(1234567)]).toEqual(['999 B', '3.9 MB', '1.2 GB', '1,234,567']);
});
