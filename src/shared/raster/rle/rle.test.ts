import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { PenumbraError } from '../../errors.ts';
import { cocoCountsFromString, cocoCountsToString, decodeCocoRle, encodeCocoRle } from './coco.ts';
import { decodeCvatMask, encodeCvatMask } from './cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from './label-studio.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('rle');

describe.each([0, 1, 2, 3, 4])('mask %i', (index) => {
  const mask = fixture.bytes(`mask_${index}`);

  it('as pycocotools writes it', () => {
    const text = Buffer.from(Uint8Array.from(fixture.values(`coco_${index}`))).toString('latin1');
    const { size, counts } = encodeCocoRle(mask);
    expect(size).toEqual([mask.height, mask.width]);
    expect(cocoCountsToString(counts)).toBe(text);
    expect(worstDifference(decodeCocoRle({ size, counts: cocoCountsFromString(text) }).data, mask.data)).toBe(0);
  });

  it('as CVAT writes it', () => {
    const points = [...fixture.values(`cvat_${index}`)];
    const encoded = encodeCvatMask(mask);
    if (points.length === 0) {
      expect(encoded).toBeNull();
      return;
    }
    const [left = 0, top = 0, right = 0, bottom = 0] = points.slice(-4);
    expect(encoded).toEqual({ rle: points.slice(0, -4), left, top, width: right - left + 1, height: bottom - top + 1 });
    if (encoded !== null) expect(worstDifference(decodeCvatMask(encoded, mask).data, mask.data)).toBe(0);
  });

  it('as Label Studio’s converter writes it', () => {
    const bytes = Uint8Array.from(fixture.values(`label_studio_${index}`));
    expect(worstDifference(encodeLabelStudioRle(mask), bytes)).toBe(0);
    expect(worstDifference(decodeLabelStudioRle(bytes, mask).data, mask.data.map((value) => value * 255))).toBe(0);
  });
});

const anyMask = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
  .chain(([width, height]) => fc.record({ width: fc.constant(width), height: fc.constant(height), data: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }) }));

describe('there and back', () => {
  it('any mask by any codec', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const coco = encodeCocoRle(mask);
        expect(decodeCocoRle({ size: coco.size, counts: cocoCountsFromString(cocoCountsToString(coco.counts)) })).toEqual(mask);
        const cvat = encodeCvatMask(mask);
        if (cvat !== null) expect(decodeCvatMask(cvat, mask)).toEqual(mask);
        expect(decodeLabelStudioRle(encodeLabelStudioRle(mask), mask).data).toEqual(mask.data.map((value) => value * 255));
      }),
    );
  });

  it('counts of any size by the string', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 500_000_000 }), { maxLength: 30 }), (counts) => {
        expect(cocoCountsFromString(cocoCountsToString(counts))).toEqual(counts);
      }),
    );
  });

  it('masks longer than a length may say, and literal words', () => {
    const long = { width: 300, height: 200, data: new Uint8Array(60_000).fill(1) };
    expect(decodeLabelStudioRle(encodeLabelStudioRle(long), long).data.every((value) => value === 255)).toBe(true);
    // 8 words of 8 bits; one packet of 8 literal words: 0 0 0 0, 9 9 9 9.
    const bits = `${(8).toString(2).padStart(32, '0')}001110010001101111111000111${'00000000'.repeat(4)}${'00001001'.repeat(4)}`;
    const bytes = Uint8Array.from(bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
    expect([...decodeLabelStudioRle(bytes, { width: 2, height: 1 }).data]).toEqual([0, 255]);
  });
});

describe('masks and sizes that are none are refused, and nothing is read beyond them', () => {
  const short = { width: 5, height: 4, data: new Uint8Array(7).fill(1) };
  const long = { width: 2, height: 2, data: new Uint8Array(9) };
  const none = { ...long, width: NaN };
  const code = { rle: [0, 1], left: 0, top: 0, width: 1, height: 1 };
  const bits = encodeLabelStudioRle({ width: 3, height: 3, data: new Uint8Array(9) });
  it.each([
    ['COCO, too short', () => encodeCocoRle(short), 'COCO RLE: 7 values for 4×5; expected 20'],
    ['COCO, too long', () => encodeCocoRle(long), 'COCO RLE: 9 values for 2×2; expected 4'],
    ['COCO, of no width', () => encodeCocoRle(none), 'COCO RLE: 9 values for 2×NaN'],
    ['CVAT, too short', () => encodeCvatMask(short), 'CVAT mask: 7 values for 4×5; expected 20'],
    ['CVAT, too long', () => encodeCvatMask(long), 'CVAT mask: 9 values for 2×2; expected 4'],
    ['CVAT, of no width', () => encodeCvatMask(none), 'CVAT mask: 9 values for 2×NaN'],
    ['Label Studio, too short', () => encodeLabelStudioRle(short), 'Label Studio mask: 7 values for 4×5; expected 20'],
    ['Label Studio, too long', () => encodeLabelStudioRle(long), 'Label Studio mask: 9 values for 2×2; expected 4'],
    ['Label Studio, of no width', () => encodeLabelStudioRle(none), 'Label Studio mask: 9 values for 2×NaN'],
    ['COCO decoded at NaN', () => decodeCocoRle({ size: [NaN, 2], counts: [] }), 'the size is 2×NaN px; expected whole numbers from 0'],
    ['COCO decoded at negative sides', () => decodeCocoRle({ size: [-2, -2], counts: [4] }), 'the size is -2×-2 px; expected whole numbers from 0'],
    ['COCO decoded at what no memory holds', () => decodeCocoRle({ size: [2 ** 20, 2 ** 20], counts: [2 ** 40] }), 'would take 1024 GiB of memory; expected at most 8'],
    ['CVAT decoded at NaN', () => decodeCvatMask(code, { width: NaN, height: 2 }), 'the size is NaN×2 px; expected whole numbers from 0'],
    ['CVAT decoded at a fraction', () => decodeCvatMask(code, { width: 2.5, height: 2 }), 'the size is 2.5×2 px; expected whole numbers from 0'],
    ['CVAT decoded at what no memory holds', () => decodeCvatMask(code, { width: 2 ** 20, height: 2 ** 20 }), 'would take 1024 GiB of memory; expected at most 8'],
    ['Label Studio decoded at negative sides', () => decodeLabelStudioRle(bits, { width: -3, height: -3 }), 'the size is -3×-3 px; expected whole numbers from 0'],
    ['Label Studio decoded at what no memory holds', () => decodeLabelStudioRle(bits, { width: 2 ** 20, height: 2 ** 20 }), 'would take 1024 GiB of memory; expected at most 8'],
    ['counts of NaN', () => cocoCountsToString([1, NaN]), 'run 1 is NaN; expected a whole number from 0'],
    ['counts below 0', () => cocoCountsToString([-1]), 'run 0 is -1; expected a whole number from 0'],
  ])('%s', (_, work, message) => {
    let refused: unknown = null;
    try {
      work();
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(PenumbraError);
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) as string, remedy: expect.stringMatching(/\.$/) as string });
  });
});

describe('broken codes are refused, and say where', () => {
  const cvat = { rle: [1, 2], left: 0, top: 0, width: 3, height: 1 };
  it.each([
    ['COCO too short', () => decodeCocoRle({ size: [2, 2], counts: [1, 2] }), 'the runs cover 3 pixels; expected 4'],
    ['COCO too long', () => decodeCocoRle({ size: [2, 2], counts: [1, 4] }), 'run 1 is 4 at pixel 1 of 4'],
    ['COCO negative', () => decodeCocoRle({ size: [2, 2], counts: [-1, 5] }), 'run 0 is -1'],
    ['COCO text', () => cocoCountsFromString('0 1'), 'character 1 of the counts is " "'],
    ['COCO text cut off', () => cocoCountsFromString('P'), 'character 1 of the counts is "the end"'],
    ['CVAT outside', () => decodeCvatMask({ ...cvat, left: 3 }, { width: 5, height: 5 }), 'the box 3×1 at (3, 0) is not within 5×5'],
    ['CVAT too short', () => decodeCvatMask({ ...cvat, rle: [1] }, { width: 5, height: 5 }), 'the runs cover 1 pixels; expected 3'],
    ['Label Studio of another photo', () => decodeLabelStudioRle(encodeLabelStudioRle({ width: 2, height: 2, data: new Uint8Array(4) }), { width: 3, height: 3 }), 'it holds 16 values; expected 36'],
    ['Label Studio cut off', () => decodeLabelStudioRle(Uint8Array.of(0, 0, 0, 4), { width: 1, height: 1 }), 'it ends at byte 4'],
  ])('%s', (_, decode, message) => expect(decode).toThrow(message));
});
