import { expect, it } from 'vitest';
import { bytes, count, duration, percent, sentence } from './format.ts';

it.each([[5, '0:05'], [65, '1:05'], [3725, '1:02:05'], [-1, '0:00']])('%d s is %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it('never says 100 % before all is done', () => {
  expect([percent(0.9999), percent(1), percent(0.437), percent(0.9999, 1)]).toEqual(['99 %', '100 %', '44 %', '99.9 %'].map((text, at) => (at === 2 ? '44 %' : text)));
});

it('gives sizes and counts with units and separators', () => {
  expect([bytes(999), bytes(3_900_000), bytes(1_234_000_000), count(1234567)]).toEqual(['999 B', '3.9 MB', '1.2 GB', '1,234,567']);
});

it.each([
  ['the target /a holds files already', 'The target /a holds files already'],
  ['run run_a has no output of step "x"', 'Run run_a has no output of step "x"'],
  ['There is no image.', 'There is no image.'],
  ['run_a ended as failed', 'run_a ended as failed'],
  ['the.jpg cannot be read.', 'the.jpg cannot be read.'],
  ['cat.png: colour (1, 2, 3)', 'cat.png: colour (1, 2, 3)'],
  ['birds has a run going', 'birds has a run going'],
  ['cropping = false', 'cropping = false'],
  ['', ''],
])('begins a message with a capital where it begins with a word: %s', (message, shown) => {
  expect(sentence(message)).toBe(shown);
});
