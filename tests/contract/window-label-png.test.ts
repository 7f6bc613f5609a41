import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { readLabelPng, UnreadablePng } from '#renderer/api/label-png.ts';

const map = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 30 }) })
  .chain(({ width, height }) => fc.uint8Array({ minLength: width * height, maxLength: width * height }).map((data) => ({ width, height, data })));

/** A grey PNG whose rows are filtered as told; checksums are left zero, since the core's are checked by TCP. */
function pngOf(width: number, height: number, rows: Uint8Array, header: Partial<{ depth: number; colour: number; interlace: number }> = {}): Uint8Array<ArrayBuffer> {
  const chunk = (type: string, body: Uint8Array) => {
    const out = new Uint8Array(12 + body.length);
    new DataView(out.buffer).setUint32(0, body.length);
    out.set(new TextEncoder().encode(type), 4);
    out.set(body, 8);
    return out;
  };
  const ihdr = new Uint8Array(13);
  new DataView(ihdr.buffer).setUint32(0, width);
  new DataView(ihdr.buffer).setUint32(4, height);
  ihdr.set([header.depth ?? 8, header.colour ?? 0, 0, 0, header.interlace ?? 0], 8);
  return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...chunk('IHDR', ihdr), ...chunk('IDAT', deflateSync(rows)), ...chunk('IEND', new Uint8Array(0))]);
}

describe('readLabelPng', () => {
  it('reads what the core writes, value by value', async () => {
    await fc.assert(
      fc.asyncProperty(map, async (written) => {
        const read = await readLabelPng(Uint8Array.from(encodeLabelPng(written)));
        expect([read.width, read.height]).toEqual([written.width, written.height]);
        expect(read.data.every((label, pixel) => label === written.data[pixel])).toBe(true);
        expect([...read.counts].every((count, label) => count === written.data.filter((value) => value === label).length)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['none', 0, [10, 20, 30]],
    ['sub', 1, [10, 10, 10]],
    ['up', 2, [5, 5, 5]],
    ['average', 3, [8, 8, 8]],
    ['paeth', 4, [5, 5, 5]],
  ])('undoes the filter %s', async (_, filter, second) => {
    // Expected values by the formulas of the PNG specification, section 9, worked out by hand.
    const expected: Readonly<Record<number, number[]>> = { 0: [10, 20, 30], 1: [10, 20, 30], 2: [15, 25, 35], 3: [13, 24, 35], 4: [15, 25, 35] };
    const read = await readLabelPng(pngOf(3, 2, Uint8Array.from([0, 10, 20, 30, filter, ...second])));
    expect([...read.data.subarray(3)]).toEqual(expected[filter]);
  });

  it.each([
    ['16 bits', pngOf(1, 1, Uint8Array.from([0, 1]), { depth: 16 })],
    ['RGB', pngOf(1, 1, Uint8Array.from([0, 1]), { colour: 2 })],
    ['interlaced', pngOf(1, 1, Uint8Array.from([0, 1]), { interlace: 1 })],
    ['rows missing', pngOf(2, 2, Uint8Array.from([0, 1, 2]))],
    ['an unknown filter', pngOf(1, 1, Uint8Array.from([9, 1]))],
    ['cut off', pngOf(2, 1, Uint8Array.from([0, 1, 2])).slice(0, 40)],
    ['no PNG', Uint8Array.from([1, 2, 3])],
  ])('refuses %s', async (_, bytes) => {
    await expect(readLabelPng(bytes)).rejects.toBeInstanceOf(UnreadablePng);
  });
});
