import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDiffs, diffLabelMaps } from '#shared/mask/tile-diff.ts';
import { replayGesture } from './replay-gesture.ts';

const SIZE = { width: 70, height: 66 };
const PIXELS = SIZE.width * SIZE.height;
const map = fc
  .array(fc.record({ start: fc.nat(PIXELS - 1), length: fc.nat(600), label: fc.constantFrom(0, 1, 2, 255) }), { maxLength: 6 })
  .map((runs) => {
    const data = new Uint8Array(PIXELS);
    for (const { start, length, label } of runs) data.fill(label, start, start + length);
    return { ...SIZE, data };
  });

describe('replayGesture', () => {
  it('gives the labels of the gesture where it changed something, and keeps the rest of the other map', () => {
    fc.assert(
      fc.property(map, map, map, (before, after, other) => {
        const replayed = applyDiffs(other, replayGesture(other, diffLabelMaps(before, after)), 'forward');
        const wrong = replayed.data.findIndex((label, pixel) => label !== (before.data[pixel] === after.data[pixel] ? other.data[pixel] : after.data[pixel]));
        expect(wrong).toBe(-1);
      }),
      { numRuns: 60 },
    );
  });

  it('is nothing where the other map has those labels already', () => {
    fc.assert(fc.property(map, map, (before, after) => replayGesture(after, diffLabelMaps(before, after)).length === 0), { numRuns: 20 });
  });
});
