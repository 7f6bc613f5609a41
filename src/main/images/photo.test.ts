import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { bombPng } from '../../../tests/support/png.ts';
import { emptyFolder, photo } from '../../../tests/support/voc-folder.ts';
import { toErrorValue } from '#shared/errors.ts';
import { decodePhoto, readPhotoHeader } from './photo.ts';

const folder = emptyFolder('penumbra-photo-');
afterAll(() => folder.remove());

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (thrown: unknown) => toErrorValue(thrown).code,
  );
}

describe('photo', () => {
  it('reads size, format and depth from the header', async () => {
    const path = folder.write('a.png', await photo(30, 20).png().toBuffer());
    expect(await readPhotoHeader(path)).toMatchObject({ format: 'png', width: 30, height: 20, orientation: 1, channels: 3, bitsPerChannel: 8, colourSpace: 'srgb' });
  });

  // EXIF 2.3: what turning the stored rows gives, worked out by hand for a 2 × 1 picture of red and blue.
  it.each([
    [1, 2, 1, ['red', 'blue']],
    [2, 2, 1, ['blue', 'red']],
    [3, 2, 1, ['blue', 'red']],
    [6, 1, 2, ['red', 'blue']],
    [8, 1, 2, ['blue', 'red']],
  ])('applies EXIF orientation %i', async (orientation, width, height, colours) => {
    const pixels = Uint8Array.of(255, 0, 0, 0, 0, 255);
    const path = folder.write(`turned${orientation}.tif`, await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } }).withMetadata({ orientation }).tiff({ compression: 'none' }).toBuffer());
    expect(await readPhotoHeader(path)).toMatchObject({ width, height });
    const image = await decodePhoto(path);
    expect([image.width, image.height]).toEqual([width, height]);
    const seen = [image.data.subarray(0, 3), image.data.subarray(3, 6)].map((rgb) => (rgb[0] === 255 ? 'red' : 'blue'));
    expect(seen).toEqual(colours);
  });

  it('reduces 16 bits to 8', async () => {
    const values = Uint16Array.of(0, 257, 32_896, 65_535, 256 * 10, 256 * 200);
    const path = folder.write('deep.png', await sharp(values, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16').png().toBuffer());
    expect(await readPhotoHeader(path)).toMatchObject({ bitsPerChannel: 16 });
    const { data } = await decodePhoto(path);
    expect(data).toHaveLength(6);
    values.forEach((value, index) => expect(Math.abs((data[index] ?? 0) - value / 257)).toBeLessThanOrEqual(1));
  });

  it('makes three channels of CMYK, grey and transparent photos', async () => {
    const cmyk = folder.write('cmyk.jpg', await photo().toColourspace('cmyk').jpeg().toBuffer());
    expect(await readPhotoHeader(cmyk)).toMatchObject({ colourSpace: 'cmyk', channels: 4 });
    expect((await decodePhoto(cmyk)).data).toHaveLength(24 * 16 * 3);
    const grey = folder.write('grey.png', await sharp(Uint8Array.of(9, 200), { raw: { width: 2, height: 1, channels: 1 } }).toColourspace('b-w').png().toBuffer());
    expect([...(await decodePhoto(grey)).data]).toEqual([9, 9, 9, 200, 200, 200]);
    const clear = folder.write('clear.png', await sharp(Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 255), { raw: { width: 2, height: 1, channels: 4 } }).png().toBuffer());
    expect([...(await decodePhoto(clear)).data]).toEqual([255, 255, 255, 10, 20, 30]);
  });

  it('scales the longer side down, never up', async () => {
    const path = folder.write('wide.png', await photo(100, 37).png().toBuffer());
    expect(await decodePhoto(path, { longSide: 50 })).toMatchObject({ width: 50, height: 19 });
    expect(await decodePhoto(path, { longSide: 400 })).toMatchObject({ width: 100, height: 37 });
  });

  it.each(['jpeg', 'png'] as const)('refuses a %s cut short anywhere, at full size and scaled', async (format) => {
    const whole = await photo(160, 120).toFormat(format).toBuffer();
    for (const share of [0.2, 0.5, 0.8, 0.97]) {
      const path = folder.write(`cut-${share}.${format}`, whole.subarray(0, Math.floor(whole.length * share)));
      expect(await codeOf(decodePhoto(path)), `${share}`).toBe('IMAGE_TRUNCATED');
      expect(await codeOf(decodePhoto(path, { longSide: 16 })), `${share} scaled`).toBe('IMAGE_TRUNCATED');
    }
  });

  it('says of each of several damaged photos what is wrong, though they are decoded side by side', async () => {
    const whole = await photo(80, 60, 9).jpeg().toBuffer();
    const damaged = Array.from({ length: 6 }, (_, index) => folder.write(`beside-${index}.jpg`, whole.subarray(0, whole.length / 2)));
    expect(await Promise.all(damaged.map((path) => codeOf(decodePhoto(path, { longSide: 64 }))))).toEqual(damaged.map(() => 'IMAGE_TRUNCATED'));
  });

  it('refuses 30,000 × 30,000 in a small file by its header, naming the file', async () => {
    const bytes = bombPng();
    expect(bytes.length).toBeLessThan(130_000);
    const path = folder.write('huge.png', bytes);
    const before = process.cpuUsage();
    const error = await decodePhoto(path).then(() => null, toErrorValue);
    expect(error?.code).toBe('IMAGE_TOO_LARGE');
    expect(error?.message).toContain('huge.png is 30000×30000 px (900 Mpx); expected at most 500 Mpx');
    // Of the processor's time, whatever else the machine does: decoding takes several seconds of it.
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(2e6); // µs
    expect(await codeOf(readPhotoHeader(path, { maxPixels: 1e9 }))).toBe('none');
  });

  it.each([
    ['text', 'hello'],
    ['nothing', ''],
  ])('refuses %s under a photo name', async (what, content) => {
    expect(await codeOf(readPhotoHeader(folder.write(`${what}.jpg`, content)))).toBe('IMAGE_UNREADABLE');
  });

  it('refuses a file that is not there and a folder', async () => {
    expect(await codeOf(readPhotoHeader(`${folder.root}/none.jpg`))).toBe('FILE_MISSING');
    expect(await codeOf(readPhotoHeader(folder.root))).toBe('IMAGE_UNREADABLE');
  });

  it('never writes to a photo', async () => {
    const path = folder.write('kept.jpg', await photo().jpeg().toBuffer());
    const before = await readFile(path);
    await decodePhoto(path, { longSide: 8 });
    expect(await readFile(path)).toEqual(before);
  });
});
