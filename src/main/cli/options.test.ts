import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOverrides, parseRunId, parseTagSource, wholeNumber } from './options.ts';

describe('parseOverrides', () => {
  test('reads JSON where it is JSON, text otherwise', () => {
    expect(parseOverrides(['a.x=3', 'a.y=0.5', 'a.z=true', 'a.list=[0.75,1]', 'crf.mode=label', 'a.text="7"', 'a.eq=b=c'])).toEqual({
      'a.x': 3,
      'a.y': 0.5,
      'a.z': true,
      'a.list': [0.75, 1],
      'crf.mode': 'label',
      'a.text': '7',
      'a.eq': 'b=c',
    });
  });

  test.each(['x=3', 'a.x', '.x=3', 'a.=3', 'A.x=3', 'a.b.c=3'])('%s is refused', (item) => {
    expect(() => parseOverrides([item])).toThrow(/cannot be read/);
  });
});

test('parseRunId', () => {
  expect(parseRunId('run_4f0c2k9d1x7a')).toBe('run_4f0c2k9d1x7a');
  for (const text of ['', '4f0c2k9d1x7a', 'run_4F0c2k9d1x7a', 'run_4f0c2k9d1x7', 'run_4f0c2k9d1x7a/..']) expect(() => parseRunId(text)).toThrow(/not a run id/);
});

test('parseTagSource', () => {
  expect(parseTagSource('csv:a b.csv')).toEqual({ kind: 'csv', file: 'a b.csv' });
  expect(parseTagSource('csv:package.json')).toEqual({ kind: 'csv', file: path.resolve('package.json') });
  expect(parseTagSource('xml')).toEqual({ kind: 'xml' });
  expect(parseTagSource('masks')).toEqual({ kind: 'masks' });
  for (const text of ['csv', 'csv:', 'Masks', '']) expect(() => parseTagSource(text)).toThrow(/not a source of tags/);
});

test('wholeNumber', () => {
  const read = wholeNumber('--seed', 0, 10);
  expect(read('0')).toBe(0);
  expect(read('10')).toBe(10);
  for (const text of ['11', '-1', '1.5', '1e1', '', ' 1', 'x']) expect(() => read(text)).toThrow(/--seed/);
});
