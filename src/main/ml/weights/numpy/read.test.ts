import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { encodeNpy } from '#shared/formats/npy.ts';
import { zipPieces } from '../../formats/zip-writer.ts';
import { openNpz, type NpzLimits } from './read.ts';

/** Numbers that do not pack well. */
const NOISE = Float32Array.from({ length: 300_000 }, (_, i) => Math.fround(Math.sin(i * i)));
const ZEROS = 10 * 2 ** 20;
const npy = (data: Float32Array): Uint8Array => encodeNpy({ dtype: 'float32', shape: [data.length], data });

/** toEqual would take seconds. */
const same = (found: ArrayLike<number> | undefined, expected: Float32Array): boolean => found?.length === expected.length && expected.every((value, at) => value === found[at]);

function zipped(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const contents = Object.entries(files).map(([name, bytes]) => ({ name, pieces: () => [bytes] }));
  return new Uint8Array(Buffer.concat([...zipPieces(contents, { deflate: true })]));
}

/** Counts what is read. */
function counting(bytes: Uint8Array): ByteSource & { count: () => number } {
  const plain = bytesSource(bytes);
  let count = 0;
  const read = (start: number, end: number): Uint8Array => {
    count += end - start;
    return plain.read(start, end);
  };
  return { byteLength: plain.byteLength, read, count: () => count };
}

describe('a deflated .npz', () => {
  it('is opened by its headers; each array is read when it is asked for', () => {
    const bytes = zipped({ 'a.npy': npy(NOISE), 'b.npy': npy(NOISE.map((x) => -x)) });
    expect(bytes.length).toBeGreaterThan(1_500_000);
    const source = counting(bytes);
    const { tensors } = openNpz(source, 'x.npz');
    expect([...tensors].map(([name, { type, shape }]) => [name, type, shape])).toEqual([
      ['a', 'F32', [300_000]],
      ['b', 'F32', [300_000]],
    ]);
    expect(source.count()).toBeLessThan(250_000);
    expect(same(tensors.get('b')?.values(), NOISE.map((x) => -x))).toBe(true);
    expect(source.count()).toBeLessThan(0.6 * bytes.length + 250_000);
    expect(same(tensors.get('a')?.values(), NOISE)).toBe(true);
  });

  const LIMITS: NpzLimits = { fileBytes: 2 ** 26, arrayBytes: 2 ** 26, pickledBytes: 2 ** 26, ratio: 100 };

  it('is refused as a whole where it would unpack to far more than a file of its size may', () => {
    const zeros = npy(new Float32Array(ZEROS)); // 40 MiB
    const bytes = zipped({ 'a.npy': zeros, 'b.npy': zeros });
    const refused = { code: 'WEIGHTS_MALFORMED', message: expect.stringMatching(/x\.npz: .*unpacks from \d+ to 83886336 bytes; expected at most/) as string, remedy: expect.stringContaining('numpy.savez') as string };
    expect(() => openNpz(bytesSource(bytes), 'x.npz', LIMITS)).toThrow(expect.objectContaining(refused));
  });

  it('is refused for one array that would, whatever stands beside it', () => {
    const bytes = zipped({ 'bomb.npy': npy(new Float32Array(2 * ZEROS)), 'a.npy': npy(NOISE) });
    expect(() => openNpz(bytesSource(bytes), 'x.npz', LIMITS)).toThrow(/x\.npz: .*"bomb" unpacks from \d+ to 83886208 bytes; expected at most/);
  });

  it('is refused for a pickled array that would, since those are unpacked at once', () => {
    const pickled = Buffer.alloc(2 ** 27);
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }".padEnd(117) + '\n';
    pickled.write(`\x93NUMPY\x01\x00v\x00${header}`, 'latin1');
    expect(() => openNpz(bytesSource(zipped({ 'a.npy': pickled })), 'x.npz')).toThrow(/the pickled "a" unpacks from \d+ to 134217728 bytes; expected at most/);
  });

  it('may hold arrays of zeros, which pack a thousandfold', () => {
    const zeros = npy(new Float32Array(2 * ZEROS)); // 80 MiB
    const { tensors } = openNpz(bytesSource(zipped({ 'a.npy': zeros, 'b.npy': zeros })), 'x.npz');
    expect(same(tensors.get('b')?.values(), new Float32Array(2 * ZEROS))).toBe(true);
  });

  it('gives the arrays that are whole where another one is damaged', () => {
    const bytes = zipped({ 'a.npy': npy(NOISE), 'b.npy': npy(NOISE) });
    const at = deflateRawSync(npy(NOISE)).length >> 1; // in the middle of the first
    bytes.fill(0xff, at, at + 64);
    const { tensors } = openNpz(bytesSource(bytes), 'x.npz');
    expect(same(tensors.get('b')?.values(), NOISE)).toBe(true);
    expect(() => tensors.get('a')?.values()).toThrow(expect.objectContaining({ code: 'WEIGHTS_MALFORMED', message: expect.stringContaining('x.npz') as string }));
  });

  it('is refused where its header does not unpack', () => {
    const bytes = zipped({ 'a.npy': npy(NOISE) });
    bytes.fill(0xff, 30 + 'a.npy'.length, 60);
    expect(() => openNpz(bytesSource(bytes), 'x.npz')).toThrow(/x\.npz: as a zip, has "a\.npy" that does not unpack: deflate/);
  });
});
