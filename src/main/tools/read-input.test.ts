import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeNpyHeader } from '#shared/formats/npy.ts';
import { readLabels, readPhoto, readPlanes } from './read-input.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-read-input-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Promise<string> {
  const file = path.join(folder, `${descr.replace(/\W/g, '')}-${shape.join('x')}.npy`);
  await writeFile(file, Buffer.concat([encodeNpyHeader(descr, shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]));
  return file;
}

describe('labels from .npy', () => {
  it.each([
    ['<i8', BigInt64Array.of(0n, 5n, -1n, 2147483647n), [0, 5, -1, 2147483647]],
    ['<u8', BigUint64Array.of(0n, 5n, 255n, 7n), [0, 5, 255, 7]],
    ['<u4', Uint32Array.of(0, 5, 70000, 7), [0, 5, 70000, 7]],
    ['<i2', Int16Array.of(0, -5, 300, 7), [0, -5, 300, 7]],
    ['<u2', Uint16Array.of(0, 65535, 300, 7), [0, 65535, 300, 7]],
    ['|i1', Int8Array.of(0, -1, 3, 127), [0, -1, 3, 127]],
    ['|b1', Uint8Array.of(0, 1, 1, 0), [0, 1, 1, 0]],
  ])('of type %s', async (descr, data, expected) => {
    const labels = await readLabels(await npy(descr, [2, 2], data));
    expect([labels.height, labels.width, ...labels.data]).toEqual([2, 2, ...expected]);
  });

  it('refuses what does not fit 32 bits, naming value and place', async () => {
    const file = await npy('<i8', [1, 2], BigInt64Array.of(1n, 2147483648n));
    await expect(readLabels(file)).rejects.toThrow('holds 2147483648 as element 1; expected what fits int32');
  });

  it('refuses floats', async () => {
    await expect(readLabels(await npy('<f8', [1, 2], Float64Array.of(1, 2)))).rejects.toThrow('is float64 of shape (1, 2); expected whole numbers of two axes');
  });
});

describe('scores from .npy', () => {
  it('of float64', async () => {
    const planes = await readPlanes(await npy('<f8', [2, 1, 2], Float64Array.of(0.5, NaN, -Infinity, 0.1)));
    expect(planes).toEqual({ count: 2, height: 1, width: 2, data: Float32Array.of(0.5, NaN, -Infinity, 0.1) });
  });

  it('refuses float64 beyond float32', async () => {
    await expect(readPlanes(await npy('<f8', [1, 1, 1], Float64Array.of(1e300)))).rejects.toThrow('holds 1e+300 as element 0; expected what fits float32');
  });
});

describe('pictures of 16 bits', () => {
  const deep = Uint16Array.from({ length: 8 * 6 * 3 }, (_, index) => (index * 977) % 65_536);

  it('are photos of 8', async () => {
    const file = path.join(folder, 'photo.png');
    await sharp(deep, { raw: { width: 8, height: 6, channels: 3 } }).toColourspace('rgb16').png().toFile(file);
    const photo = await readPhoto(file);
    expect([photo.width, photo.height, photo.data.length]).toEqual([8, 6, deep.length]);
    for (const [at, value] of photo.data.entries()) expect(Math.abs(value - (deep[at] ?? 0) / 257)).toBeLessThanOrEqual(1);
  });

  it('are no labels: reducing them would change the numbers', async () => {
    const file = path.join(folder, 'labels.png');
    await sharp(deep.slice(0, 48), { raw: { width: 8, height: 6, channels: 1 } }).toColourspace('grey16').png().toFile(file);
    await expect(readLabels(file)).rejects.toThrow('16 bits a channel');
  });
});

describe('an .npy that cannot be used says what is wrong with it, and the way out in the words of NumPy', () => {
  const accepted = 'expected bool, int8 to int64, uint8 to uint64, float16, float32 and float64, little-endian.';
  const order = (file: string) => readFile(file, 'latin1').then((text) => writeFile(file, text.replace('False', 'True').replace(' \n', '  \n'), 'latin1'));

  it.each([
    ['<i8', [3, 2], 40, 'holds 40 bytes of data; expected 48 for int64 of shape (3, 2).', 'it was cut short'],
    ['|b1', [3, 2], 7, 'holds 7 bytes of data; expected 6 for bool of shape (3, 2).', 'it was cut short'],
    ['<f4', [3, 2], 23, 'holds 23 bytes of data; expected 24 for float32 of shape (3, 2).', 'it was cut short'],
    ['>f4', [3, 2], 23, 'holds 23 bytes of data; expected 24 for big-endian float32 of shape (3, 2).', 'it was cut short'],
    ['>i8', [1, 1], 8, `is of type big-endian int64; ${accepted}`, 'array.astype(numpy.float32) for scores, array.astype(numpy.int32) for labels'],
    ['<c8', [1, 1], 8, `is of type complex64; ${accepted}`, 'array.astype(numpy.float32)'],
    ['<U4', [1, 1], 16, `is of type "<U4"; ${accepted}`, 'array.astype(numpy.float32)'],
    ['|O', [1, 1], 12, `is of type "|O"; ${accepted}`, 'array.astype(numpy.float32)'],
    ['<f4', [1, 1, 1, 1, 1, 1, 1, 1, 1], 4, 'has 9 axes; expected two or three.', 'one picture'],
    ['<f8', [2, 2], 32, 'is float64 of shape (2, 2); expected whole numbers', 'array.astype(numpy.int32)'],
  ])('%s of %j in %i bytes', async (descr, shape, bytes, message, remedy) => {
    await expect(readLabels(await npy(descr, shape, new Uint8Array(bytes)))).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining(message) as string,
      remedy: expect.stringContaining(remedy) as string,
    });
  });

  it.each(['<i8', '<f4', '<u2'])('%s in Fortran order', async (descr) => {
    const file = await npy(descr, [2, 3], new Uint8Array(6 * Number(descr.slice(2))));
    await order(file);
    await expect(readLabels(file)).rejects.toMatchObject({ message: `${file} is in Fortran order; expected C order.`, remedy: 'Save numpy.ascontiguousarray(array).' });
  });

  it('a picture of 16 bits is told by its own type', async () => {
    await expect(readPhoto(await npy('<u2', [2, 2, 3], new Uint16Array(12)))).rejects.toMatchObject({
      message: expect.stringContaining('is uint16 of shape (2, 2, 3); expected uint8') as string,
      remedy: 'Bring its values to 0..255 and save array.astype(numpy.uint8).',
    });
  });

  it('no NumPy file', async () => {
    const file = path.join(folder, 'text.npy');
    await writeFile(file, 'no array at all');
    await expect(readPlanes(file)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: `${file} does not begin as a NumPy array.`, remedy: 'Save the array again with numpy.save.' });
  });
});
