import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflateRaw, inflateStart } from './inflate.ts';

const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY } = constants;

/** Bytes with repeats near and far, so that lengths and distances of every size occur. */
const plains = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .tuple(fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 20 }), fc.array(fc.nat(19), { maxLength: 300 }))
    .map(([words, order]) => Uint8Array.from(order.flatMap((word) => [...(words[word % words.length] ?? [])]))),
);

describe('inflateRaw', () => {
  it('undoes what zlib packs, with every strategy and level', () => {
    fc.assert(
      fc.property(plains, fc.constantFrom(0, 1, 6, 9), fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY), (plain, level, strategy) => {
        expect(Buffer.compare(inflateRaw(deflateRawSync(plain, { level, strategy }), plain.length), plain)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses another size than the true one', () => {
    const plain = new Uint8Array(1000).map((_, at) => (at * at) % 251);
    const packed = deflateRawSync(plain);
    for (const bytes of [0, 1, 999, 1001]) expect(() => inflateRaw(packed, bytes)).toThrow(RangeError);
  });

  it('ends on any bytes at all, with the bytes asked for or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5000), (bytes, size) => {
        try {
          expect(inflateRaw(bytes, size)).toHaveLength(size);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('inflateStart', () => {
  it('gives the beginning of what zlib packs, and reads no further', () => {
    fc.assert(
      fc.property(plains, fc.constantFrom(0, 1, 9), fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY), fc.nat(3000), (plain, level, strategy, wanted) => {
        const bytes = Math.min(wanted, plain.length);
        const packed = deflateRawSync(plain, { level, strategy });
        const start = packed.subarray(0, 2 * bytes + 400);
        expect(Buffer.compare(inflateStart(start, bytes), plain.subarray(0, bytes))).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses what is shorter', () => {
    expect(() => inflateStart(deflateRawSync(new Uint8Array(100)), 101)).toThrow('deflate: unpacked to 100 bytes; expected 101');
  });
});
