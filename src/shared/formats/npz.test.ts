import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16, fromFloat16Bits, toFloat16Bits } from './float16.ts';
import { decodeNpy, encodeNpy, type NpyArray } from './npy.ts';
import { encodeNpz } from '#main/ml/formats/npz.ts';
import { decodeNpz } from './npz.ts';

/** Made by tests/fixtures/numpy-files/generate.py with NumPy. */
function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../../tests/fixtures/numpy-files/${name}`, import.meta.url));
}

const LIMIT = 1_000_000;

/** The arrays, or the error. */
function tryDecode(bytes: Uint8Array): unknown {
  try {
    return decodeNpz(bytes, 'changed', LIMIT);
  } catch (error) {
    return error;
  }
}

const scores = Float32Array.from({ length: 24 }, (_, index) => index / 24);
const arrays: Record<string, NpyArray> = {
  keys: { dtype: 'int32', shape: [2], data: Int32Array.of(3, 12) },
  scores: { dtype: 'float16', shape: [2, 3, 4], data: encodeFloat16(scores) },
  exact: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(0.1, -2.5, 3e7, 1e-30) },
  bytes: { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 1, 255) },
};

describe('float16', () => {
  // The engine's own Float16Array is the second implementation; TypeScript's ES2024 library does not name it yet.
  const Float16 = (
    globalThis as unknown as { Float16Array: new (values: ArrayLike<number> | ArrayBuffer) => ArrayLike<number> & { buffer: ArrayBuffer } }
  ).Float16Array;
  const oracle = (value: number): number => new Uint16Array(new Float16([value]).buffer)[0] ?? -1;

  it('stands for the same number as the engine says, for all 65536 bit patterns', () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, index) => index);
    const theirs = new Float16(bits.buffer);
    const ours = decodeFloat16(bits);
    for (let index = 0; index < bits.length; index++) {
      if (!Object.is(ours[index], theirs[index])) throw new Error(`bits ${index}: ${ours[index] ?? 0}, expected ${theirs[index] ?? 0}`);
    }
  });

  it('rounds any double as the engine does', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ noNaN: true }),
          fc.float({ noNaN: true }),
          fc.double({ min: -70000, max: 70000, noNaN: true }),
          fc.double({ min: -1e-4, max: 1e-4, noNaN: true }),
        ),
        (value) => {
          expect(toFloat16Bits(value)).toBe(oracle(value));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('rounds half-way values to even, at every step of the format', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const halfway = (fromFloat16Bits(bits) + fromFloat16Bits(bits + 1)) / 2;
      if (toFloat16Bits(halfway) !== oracle(halfway) || toFloat16Bits(-halfway) !== oracle(-halfway))
        throw new Error(`half-way above bits ${bits}`);
    }
    expect([65519, 65520, Infinity, NaN, -0].map(toFloat16Bits)).toEqual([0x7bff, 0x7c00, 0x7c00, 0x7e00, 0x8000]);
  });
});

describe('npz', () => {
  it.each(['stored.npz', 'deflated.npz'])('reads %s as NumPy wrote it', (name) => {
    const read = decodeNpz(fixture(name), name, LIMIT);
    expect(Object.fromEntries(read)).toEqual(arrays);
  });

  it('gives back what it wrote, the same bytes each time', () => {
    expect(Object.fromEntries(decodeNpz(encodeNpz(arrays), 'mine', LIMIT))).toEqual(arrays);
    expect(encodeNpz(arrays)).toEqual(encodeNpz(arrays));
  });

  it('writes headers as NumPy does, byte for byte', () => {
    // stored.npz holds the .npy files uncompressed, so each must occur in it as it is.
    const numpy = Buffer.from(fixture('stored.npz'));
    for (const array of Object.values(arrays)) expect(numpy.includes(Buffer.from(encodeNpy(array)))).toBe(true);
  });

  it.each([
    ['fortran.npz', 'Fortran order'],
    ['float64.npz', 'element type "<f8"'],
    ['object.npz', 'element type "|O"'],
  ])('refuses %s', (name, message) => {
    expect(() => decodeNpz(fixture(name), name, LIMIT)).toThrow(
      expect.objectContaining({ code: 'ARTIFACT_DAMAGED', message: expect.stringContaining(message) as unknown }),
    );
  });

  it('unpacks no more than the limit', () => {
    const big = encodeNpz({ a: { dtype: 'uint8', shape: [LIMIT * 2], data: new Uint8Array(LIMIT * 2) } });
    expect(big.length).toBeLessThan(5000);
    expect(() => decodeNpz(big, 'big', LIMIT)).toThrow('unpacks to more than 1000000 bytes');
  });

  it('refuses every file with one byte changed, or reads the same arrays', () => {
    const bytes = encodeNpz({ keys: { dtype: 'int32', shape: [2], data: Int32Array.of(3, 12) } });
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      // Dates, versions and the name are no part of the data; everything else must be noticed.
      const read = tryDecode(changed);
      if (read instanceof Map) expect([...read.values()][0]).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(3, 12) });
      else expect(read).toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    }
  });
});

describe('npy', () => {
  it('refuses data of another length than the shape says', () => {
    const bytes = encodeNpy({ dtype: 'uint8', shape: [2, 3], data: new Uint8Array(6) });
    expect(() => decodeNpy(bytes.subarray(0, -1), 'a.npy')).toThrow('a.npy holds 5 bytes of data; expected 6 for shape (2, 3).');
  });
});
