import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('refuses floats, and data that are cut short', async () => {
    await expect(readLabels(await npy('<f8', [1, 2], Float64Array.of(1, 2)))).rejects.toThrow('expected whole numbers of two axes');
    await expect(readLabels(await npy('<i8', [3, 2], BigInt64Array.of(1n)))).rejects.toThrow('element type "<i8"');
    await expect(readLabels(await npy('>i8', [1, 1], BigInt64Array.of(1n)))).rejects.toThrow('element type ">i8"');
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
