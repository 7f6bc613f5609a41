import { describe, expect, test } from 'vitest';
import { parseRange } from './blob-transfer.ts';

describe('parseRange on a blob of 100 bytes', () => {
  test.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=50-1000', { start: 50, end: 99 }],
    ['bytes=99-99', { start: 99, end: 99 }],
  ])('%s is a part', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });

  test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s lies outside', (header) => {
    expect(parseRange(header, 100)).toBeNull();
  });

  test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=9-0', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=a-b'])('%s is ignored', (header) => {
    expect(parseRange(header, 100)).toBeUndefined();
  });
});
