import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PenumbraError } from '../errors.ts';
import type { LabelMap } from './label-map.ts';
import { decodeRle, encodeRle } from './rle.ts';
import { TILE_SIZE, applyDiffs, applyDiffsInPlace, changedPixels, decodeGesture, diffLabelMaps, encodeGesture } from './tile-diff.ts';

const side = fc.integer({ min: 1, max: 150 });
const size = fc.record({ width: side, height: side });
const label = fc.constantFrom(0, 1, 2, 7, 254, 255);

/** Maps made of a few rectangles over a plain ground, like masks. */
function mapOf({ width, height }: { width: number; height: number }): fc.Arbitrary<LabelMap> {
  const rectangle = fc.record({
    x: fc.nat(width - 1),
    y: fc.nat(height - 1),
    w: fc.integer({ min: 1, max: width }),
    h: fc.integer({ min: 1, max: height }),
    label,
  });
  return fc.tuple(label, fc.array(rectangle, { maxLength: 6 })).map(([ground, rectangles]) => {
    const data = new Uint8Array(width * height).fill(ground);
    for (const { x, y, w, h, label: value } of rectangles) {
      for (let row = y; row < Math.min(height, y + h); row++) data.fill(value, row * width + x, row * width + Math.min(width, x + w));
    }
    return { width, height, data };
  });
}

const pair = size.chain((both) => fc.tuple(mapOf(both), mapOf(both)));

describe('run-length coding', () => {
  it('gives back any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (values) => same(decodeRle(encodeRle(values), values.length), values)));
  });

  it('writes one run as three bytes at most up to 16383 values', () => {
    expect(encodeRle(new Uint8Array(16_383).fill(9))).toEqual(Uint8Array.of(0xff, 0x7f, 9));
  });

  it.each([
    ['a run that is too long', [5, 1], 4],
    ['runs that are too short', [3, 1], 4],
    ['a run of length 0', [0, 1, 4, 1], 4],
    ['bytes after the last run', [4, 1, 1], 4],
    ['a length without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 4],
    ['no bytes', [], 1],
  ])('refuses %s', (_, bytes, length) => {
    expect(() => decodeRle(Uint8Array.from(bytes), length)).toThrow(expect.objectContaining({ code: 'EDIT_MALFORMED' }));
  });
});

describe('tile diffs', () => {
  it('forward gives the new map, backward the old one', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const diffs = diffLabelMaps(before, after);
        return same(applyDiffs(before, diffs, 'forward').data, after.data) && same(applyDiffs(after, diffs, 'backward').data, before.data);
      }),
    );
  });

  it('hold changed tiles alone, in row-major order, and count changed pixels', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const tilesX = Math.ceil(before.width / TILE_SIZE);
        const expected = new Set<number>();
        let changed = 0;
        for (let pixel = 0; pixel < before.data.length; pixel++) {
          if (before.data[pixel] === after.data[pixel]) continue;
          changed += 1;
          expected.add(Math.floor(Math.floor(pixel / before.width) / TILE_SIZE) * tilesX + Math.floor((pixel % before.width) / TILE_SIZE));
        }
        const diffs = diffLabelMaps(before, after);
        expect(diffs.map(({ tx, ty }) => ty * tilesX + tx)).toEqual([...expected].sort((a, b) => a - b));
        expect(changedPixels(diffs)).toBe(changed);
      }),
    );
  });

  it('are refused on a map that shows something else, and then nothing is written', () => {
    const before = { width: 130, height: 70, data: new Uint8Array(130 * 70) };
    const after = { ...before, data: before.data.slice().fill(3, 0, 1).fill(3, 129, 130) };
    const diffs = diffLabelMaps(before, after);
    const other = { ...before, data: before.data.slice().fill(5, 128, 129) };
    const untouched = other.data.slice();
    expect(() => applyDiffsInPlace(other, diffs, 'forward')).toThrow(
      expect.objectContaining({ code: 'EDIT_STALE', details: { tx: 2, ty: 0, direction: 'forward' } }),
    );
    expect(other.data).toEqual(untouched);
  });

  it('between maps of two sizes are refused', () => {
    const map = { width: 2, height: 2, data: new Uint8Array(4) };
    expect(() => diffLabelMaps(map, { width: 4, height: 1, data: new Uint8Array(4) })).toThrow(
      expect.objectContaining({ code: 'MASK_SIZE_MISMATCH' }),
    );
  });
});

describe('encoded gestures', () => {
  it('give back their tiles', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const diffs = diffLabelMaps(before, after);
        const decoded = decodeGesture(encodeGesture(before, [...diffs].reverse()), before);
        expect(decoded.map(({ tx, ty }) => [tx, ty])).toEqual(diffs.map(({ tx, ty }) => [tx, ty]));
        return decoded.every((tile, index) => same(tile.before, diffs[index]?.before) && same(tile.after, diffs[index]?.after));
      }),
    );
  });

  it('of a brush stroke over four tiles take less than 1 kB', () => {
    const before = { width: 500, height: 375, data: new Uint8Array(500 * 375) };
    const after = { ...before, data: before.data.slice() };
    for (let y = 50; y < 80; y++) after.data.fill(7, y * 500 + 50 + (y % 7), y * 500 + 80 + (y % 5));
    const bytes = encodeGesture(before, diffLabelMaps(before, after));
    expect(bytes.length).toBeLessThan(1000);
  });

  it('cut short anywhere are refused', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const bytes = encodeGesture(before, diffLabelMaps(before, after));
        for (const length of new Set([0, 1, 3, Math.floor(bytes.length / 2), bytes.length - 1]))
          expectMalformed(() => decodeGesture(bytes.subarray(0, length), before));
      }),
    );
  });

  it('made of any bytes either decode to tiles of the map or are refused as malformed', () => {
    const header = fc.constantFrom(
      [],
      [0x50, 0x47, 1],
      [0x50, 0x47, 1, 70, 65],
      [0x50, 0x47, 1, 70, 65, 4],
      [0x50, 0x47, 1, 70, 65, 1, 1, 0x80, 0x20, 0],
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 60 }), (start, rest) => {
        try {
          for (const { tx, ty, before, after } of decodeGesture(Uint8Array.of(...start, ...rest), { width: 70, height: 65 })) {
            expect(tx < 2 && ty < 2).toBe(true);
            expect(before.length).toBe((tx === 0 ? 64 : 6) * (ty === 0 ? 64 : 1));
            expect(after.length).toBe(before.length);
          }
        } catch (error) {
          if (!(error instanceof PenumbraError) || error.code !== 'EDIT_MALFORMED') throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['another size', [0x50, 0x47, 1, 9, 8, 0]],
    ['another version', [0x50, 0x47, 2, 8, 8, 0]],
    ['more tiles than the map has', [0x50, 0x47, 1, 8, 8, 2]],
    ['a tile outside', [0x50, 0x47, 1, 8, 8, 1, 2, 64, 0, 64, 1]],
    ['a tile that changes nothing', [0x50, 0x47, 1, 8, 8, 1, 1, 64, 0, 64, 0]],
    ['bytes left over', [0x50, 0x47, 1, 8, 8, 0, 0]],
    ['huge numbers', [0x50, 0x47, 1, 8, 8, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('with %s are refused', (_, bytes) => {
    expectMalformed(() => decodeGesture(Uint8Array.from(bytes), { width: 8, height: 8 }));
  });

  it('with a tile twice are refused when written', () => {
    const diffs = diffLabelMaps(
      { width: 4, height: 4, data: new Uint8Array(16) },
      { width: 4, height: 4, data: new Uint8Array(16).fill(1) },
    );
    expectMalformed(() => encodeGesture({ width: 4, height: 4 }, [...diffs, ...diffs]));
  });
});

/** Byte equality; the matcher walks typed arrays element by element, which takes seconds here. */
function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function expectMalformed(act: () => unknown): void {
  expect(act).toThrow(expect.objectContaining({ code: 'EDIT_MALFORMED' }));
}
