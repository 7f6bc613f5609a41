import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataset, system } from '#shared/contract/index.ts';
import type { Client } from '#main/client/client.ts';
import type { Core } from '#main/core.ts';
import { clientOf, importTiny, startTestCore } from '../support/live-core.ts';
import { addLargePhoto, addUnusualPhotos, gradientPhoto, LARGE, untilTiled } from '../support/photo-dataset.ts';
import { makeEmptyProject, type TinyProject } from '../support/tiny-project.ts';

let tiny: TinyProject;
let core: Core;
let client: Client;
let ids: ReadonlyMap<string, string>;

beforeAll(async () => {
  tiny = await makeEmptyProject();
  await addLargePhoto(tiny.root);
  await addUnusualPhotos(tiny.root);
  core = await startTestCore(tiny.dir);
  client = clientOf(core);
  await importTiny(client, tiny.root);
  ids = new Map((await client.call(dataset.listImages, {})).images.map(({ name, id }) => [name, id]));
});
afterAll(async () => {
  await core.close('cancel');
  await tiny.remove();
});

const idOf = (name: string): string => ids.get(name) ?? `no image ${name}`;
const photoFile = (name: string): string => path.join(tiny.root, 'JPEGImages', name);
const blob = async (name: 'thumb' | 'display' | 'photo-tile' | 'photo', id: string): Promise<Buffer> => Buffer.from((await client.getBlob(name, id)).bytes);
const pixels = async (bytes: Buffer | string) => sharp(bytes).autoOrient().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });

/** Largest difference of two photos of one size. */
async function difference(a: Buffer | string, b: Buffer | string): Promise<number> {
  const [one, other] = [await pixels(a), await pixels(b)];
  expect([one.info.width, one.info.height]).toEqual([other.info.width, other.info.height]);
  return one.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (other.data[at] ?? 0))), 0);
}

describe('thumbnails', () => {
  test.each([128, 256, 512] as const)('%i px: webp, turned upright, never larger than the photo', async (size) => {
    const large = await sharp(await blob('thumb', `${idOf(LARGE.name)}.${size}`)).metadata();
    expect(large).toMatchObject({ format: 'webp', width: size, height: Math.round((size * LARGE.height) / LARGE.width) });
    const turned = await sharp(await blob('thumb', `${idOf('u-turned')}.${size}`)).metadata();
    expect(turned).toMatchObject({ width: 40, height: 61 });
    expect(turned.orientation ?? 1).toBe(1);
  });

  test('the same bytes again from the folder, and new ones for a photo that changed', async () => {
    const file = photoFile('a2.jpg');
    const before = await readFile(file);
    const first = await blob('thumb', `${idOf('a2')}.128`);
    expect(await blob('thumb', `${idOf('a2')}.128`)).toEqual(first);
    expect((await client.call(dataset.getImage, { imageId: idOf('a2') })).photo).toBe('ok');
    await writeFile(file, await gradientPhoto(96, 80).jpeg().toBuffer());
    expect(await blob('thumb', `${idOf('a2')}.128`)).not.toEqual(first);
    expect((await client.call(dataset.getImage, { imageId: idOf('a2') })).photo).toBe('changed');
    await rename(file, `${file}.away`);
    expect((await client.call(dataset.getImage, { imageId: idOf('a2') })).photo).toBe('missing');
    await expect(client.getBlob('thumb', `${idOf('a2')}.128`)).rejects.toMatchObject({ code: 'FILE_MISSING' });
    await writeFile(file, 'no photo any more');
    await expect(client.getBlob('thumb', `${idOf('a2')}.256`)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    await writeFile(file, before);
    expect(await blob('thumb', `${idOf('a2')}.128`)).toEqual(first);
  });

  test('are made again when the folder is emptied, and asked for by many at once', async () => {
    const first = await blob('thumb', `${idOf('a3')}.512`);
    for (const name of await readdir(path.join(tiny.dir, 'thumbs'))) {
      if (!name.startsWith('tiles-')) await rm(path.join(tiny.dir, 'thumbs', name), { recursive: true });
    }
    const again = await Promise.all(Array.from({ length: 30 }, () => blob('thumb', `${idOf('a3')}.512`)));
    for (const bytes of again) expect(bytes).toEqual(first);
  });

  test('are made in the background after an import', async () => {
    const empty = await makeEmptyProject();
    const own = await startTestCore(empty.dir);
    const { lastEvent } = await clientOf(own).call(system.hello, {});
    await importTiny(clientOf(own), empty.root);
    const stop = new AbortController();
    for await (const event of clientOf(own).events({ after: lastEvent, signal: stop.signal })) {
      if (event.name === 'dataset.thumbsProgress' && event.payload.done === event.payload.total) break;
    }
    const made = await readdir(path.join(empty.dir, 'thumbs'), { recursive: true });
    expect(made.filter((name) => name.endsWith('-256.webp'))).toHaveLength(6);
    await own.close('cancel');
    await empty.remove();
  });

  test('of what photos held before go after a start; those that are shown stay', async () => {
    const own = await makeEmptyProject();
    const first = await startTestCore(own.dir);
    await importTiny(clientOf(first), own.root);
    const [image] = (await clientOf(first).call(dataset.listImages, { filter: { nameContains: 'a2' } })).images;
    const thumb = `${image?.id ?? ''}.128`;
    const copies = async (): Promise<string[]> => (await readdir(path.join(own.dir, 'thumbs'), { recursive: true })).filter((name) => name.endsWith('.webp'));
    await clientOf(first).getBlob('thumb', thumb);
    const [old = ''] = (await copies()).filter((name) => name.endsWith('-128.webp'));
    expect(old).not.toBe('');
    await writeFile(path.join(own.root, 'JPEGImages', 'a2.jpg'), await gradientPhoto(96, 80).jpeg().toBuffer());
    await clientOf(first).getBlob('thumb', thumb);
    await first.close('cancel');
    const before = await copies();

    const second = await startTestCore(own.dir, { sweepCopiesAfterMs: 10 });
    await expect.poll(copies, { timeout: 10_000 }).not.toContain(old);
    // Its copy for the grid, if that was made before the photo changed, goes as well; everything else stays.
    const content = path.basename(old).slice(0, 32);
    await expect.poll(async () => (await copies()).sort()).toEqual(before.filter((name) => !path.basename(name).startsWith(content)).sort());
    await clientOf(second).getBlob('thumb', thumb);
    await second.close('cancel');
    await own.remove();
  });
});

describe('display', () => {
  test.each([
    ['u-tiff', 'png', 0],
    ['u-deep', 'png', 1],
    ['u-turned-webp', 'png', 0],
    ['u-cmyk', 'jpeg', 12],
  ])('%s is made anew as 8-bit %s that looks the same', async (name, format, tolerance) => {
    const shown = await blob('display', idOf(name));
    expect(await sharp(shown).metadata()).toMatchObject({ format, space: 'srgb', depth: 'uchar' });
    const file = (await readdir(path.join(tiny.root, 'JPEGImages'))).find((item) => path.parse(item).name === name) ?? '';
    expect(await difference(shown, photoFile(file))).toBeLessThanOrEqual(tolerance);
  });

  test.each(['a1', 'u-turned', 'u-plain-webp', 'u-grey', 'u-png'])('%s is the file itself', async (name) => {
    expect(await blob('display', idOf(name))).toEqual(await blob('photo', idOf(name)));
  });

  test('a photo too large to be sent whole is refused with the way out', async () => {
    await expect(client.getBlob('display', idOf(LARGE.name))).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE', remedy: expect.stringContaining('dataset.pyramid') as string });
  });
});

describe('pyramids', () => {
  test('a photo of up to 16 Mpx is shown whole', async () => {
    expect(await client.call(dataset.photoPyramid, { imageId: idOf('u-turned') })).toMatchObject({ state: 'whole', width: 40, height: 61, levels: 0, tilePx: 512 });
  });

  test('tiles put together are the photo, on every level', async () => {
    const imageId = idOf(LARGE.name);
    await untilTiled(client, imageId);
    const { levels, tilePx } = await client.call(dataset.photoPyramid, { imageId });
    expect(levels).toBe(5);
    for (let level = 0; level < levels; level++) {
      const width = Math.ceil(LARGE.width / 2 ** level);
      const height = Math.ceil(LARGE.height / 2 ** level);
      const tiles = [];
      for (let y = 0; y * tilePx < height; y++) {
        for (let x = 0; x * tilePx < width; x++) {
          const input = await blob('photo-tile', `${imageId}.${level}.${x}.${y}`);
          expect(await sharp(input).metadata()).toMatchObject({ width: Math.min(tilePx, width - x * tilePx), height: Math.min(tilePx, height - y * tilePx) });
          tiles.push({ input, left: x * tilePx, top: y * tilePx });
        }
      }
      const whole = await sharp({ create: { width, height, channels: 3, background: '#000' } }).composite(tiles).png({ compressionLevel: 0 }).toBuffer();
      const expected = await sharp(photoFile('large.jpg')).resize(width, height, { fit: 'fill', kernel: 'linear' }).png({ compressionLevel: 0 }).toBuffer();
      expect(await difference(whole, expected), `level ${level}`).toBeLessThan(16);
      const [columns, rows] = [Math.ceil(width / tilePx), Math.ceil(height / tilePx)];
      for (const outside of [`${columns}.0`, `0.${rows}`]) {
        await expect(client.getBlob('photo-tile', `${imageId}.${level}.${outside}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    }
    await expect(client.getBlob('photo-tile', `${imageId}.${levels}.0.0`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.getBlob('photo-tile', `${imageId}.0.0.0x`)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect((await readdir(path.join(tiny.dir, 'thumbs'))).filter((name) => name.endsWith('.building'))).toEqual([]);
  }, 60_000);

  test('a photo that lost its end fails by name, and is tried again when it is whole', async () => {
    const imageId = idOf(LARGE.name);
    const file = photoFile('large.jpg');
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length / 2));
    const { lastEvent } = await client.call(system.hello, {});
    expect((await client.call(dataset.photoPyramid, { imageId })).state).toBe('building');
    for await (const event of client.events({ after: lastEvent, signal: new AbortController().signal })) {
      if (event.name !== 'dataset.pyramidProgress' || event.payload.pyramid.state === 'building') continue;
      expect(event.payload.pyramid).toMatchObject({ imageId, state: 'failed', error: { code: 'IMAGE_TRUNCATED' } });
      break;
    }
    await writeFile(file, whole);
    await untilTiled(client, imageId);
  }, 60_000);
});
