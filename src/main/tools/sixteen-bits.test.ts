import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeNpy } from '#shared/formats/npy.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { toolNamed } from './index.ts';
import { readPhoto } from './read-input.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const [width, height] = [40, 30];
let folder = '';
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-sixteen-bits-'));
  const deep = Uint16Array.from({ length: width * height * 3 }, (_, index) => (Math.floor(index / 3) % width < 20 ? 9000 : 50_000) + ((index * 977) % 4000));
  await sharp(deep, { raw: { width, height, channels: 3 } }).toColourspace('rgb16').png().toFile(at('deep.png'));
  const { data } = await readPhoto(at('deep.png'));
  await sharp(data, { raw: { width, height, channels: 3 } }).png().toFile(at('plain.png'));
  const labels = { width, height, data: Uint8Array.from({ length: width * height }, (_, pixel) => (pixel % width < 18 ? 0 : 8)) };
  await writeFile(at('labels.png'), encodeLabelPng(labels));
  await sharp(deep.slice(0, width * height), { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toFile(at('deep-labels.png'));
  await writeFile(at('many.npy'), encodeNpy({ dtype: 'int32', shape: [height, width], data: Int32Array.from(labels.data, (label) => label * 10_000 - 5) }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, file: string, settings: Record<string, string>) {
  const tool = toolNamed(name);
  const { labels, picture, ...rest } = await tool.run(at(file), tool.settings.parse(settings), {}, null);
  return { ...rest, labels: labels?.(), picture: picture?.() };
}

describe('a photo of 16 bits', () => {
  it.each([
    ['crf', { labels: 'labels.png' }],
    ['slic', { segments: '30' }],
    ['quickshift', {}],
    ['vote', { labels: 'labels.png', segments: '30' }],
    ['canny', {}],
    ['livewire', { from: '20,2', to: '20,25' }],
    ['wand', { at: '2,2', tolerance: '30' }],
    ['resize', { width: '20', height: '11' }],
  ])('is to %s what its 8 bits are', async (name, given: Record<string, string>) => {
    const settings = { ...given, ...(given['labels'] === undefined ? {} : { labels: at(given['labels']) }) };
    const result = await run(name, 'deep.png', settings);
    expect(result).toEqual(await run(name, 'plain.png', settings));
    expect(result.facts).not.toEqual({});
  });
});

describe('labels of 16 bits', () => {
  it.each(['components', 'contour', 'morph', 'distance', 'boundary', 'rle'])('%s refuses a PNG of them', async (name) => {
    await expect(run(name, 'deep-labels.png', name === 'morph' ? { label: '8' } : {})).rejects.toThrow('16 bits a channel');
  });

  it.each(['components', 'contour', 'boundary', 'rle'])('%s takes an array of any whole numbers', async (name) => {
    expect((await run(name, 'many.npy', name === 'contour' || name === 'rle' ? { label: '79995' } : {})).facts).toMatchObject({ width, height });
  });
});
