import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, photo } from '../../../tests/support/voc-folder.ts';
import { encodeForDisplay, encodeThumbnail } from './browser-photo.ts';
import { displayInCore, readHeaderInCore, thumbnailInCore } from './photo-in-core.ts';
import { headerOf, IN_MEMORY_BYTES, openPhoto } from './photo.ts';

const folder = emptyFolder('penumbra-in-core-');
const never = new AbortController().signal;
const flat = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#467' }, limitInputPixels: false });
afterAll(() => folder.remove());
afterEach(() => {
  delete process.env['PENUMBRA_FAULTS'];
});

/** Pids of this process's children that read photos. */
function readers(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ').map(Number));
  return children.filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('photo-worker'));
}

describe('a photo in the core', { timeout: 60_000 }, () => {
  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('that is %s and emptied once it is open is read as it was: no decoder maps the file', async (format) => {
    const path = folder.write(`emptied.${format}`, await photo(300, 200).toFormat(format).toBuffer());
    const [header, thumbnail, shown] = [await readHeaderInCore(path), await thumbnailInCore(path, 128, never), await displayInCore(path, 'png', 1e6, never)];
    const source = await openPhoto(path);
    truncateSync(path);
    expect(await headerOf(source)).toEqual(header);
    expect(await encodeThumbnail(source, 128)).toEqual(thumbnail);
    expect(await encodeForDisplay(source, 'png', 1e6)).toEqual(shown);
  });

  it('of more bytes than are held in memory is read in a process apart, header, thumbnail and copy alike', async () => {
    const path = `${folder.root}/heavy.tif`;
    await flat(4000, 4000).toColourspace('rgb16').tiff({ compression: 'none' }).toFile(path);
    expect(readFileSync(path).length).toBeGreaterThan(IN_MEMORY_BYTES);
    process.env['PENUMBRA_FAULTS'] = 'images.apart=kill@1';
    const gone = { code: 'IMAGE_UNREADABLE', message: expect.stringMatching(/heavy\.tif was given up: reading it ended its process \(SIGKILL\)/) as string };
    await expect(readHeaderInCore(path)).rejects.toMatchObject(gone);
    await expect(thumbnailInCore(path, 128, never)).rejects.toMatchObject(gone);
    await expect(displayInCore(path, 'png', 16e6, never)).rejects.toMatchObject(gone);
    delete process.env['PENUMBRA_FAULTS'];
    expect(await readHeaderInCore(path)).toMatchObject({ format: 'tiff', width: 4000, height: 4000, bitsPerChannel: 16 });
    await expect(readHeaderInCore(path, { maxPixels: 1e6 })).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(await sharp(await displayInCore(path, 'png', 16e6, never)).metadata()).toMatchObject({ format: 'png', width: 4000, depth: 'uchar' });
    expect(readers()).toEqual([]);
  });

  it('of more pixels than are decoded in the core has its thumbnail made apart, and given up with the core', async () => {
    const path = folder.write('wide.png', await flat(16_000, 1001).withMetadata({ orientation: 6 }).png().toBuffer());
    const made = await sharp(await thumbnailInCore(path, 256, never)).metadata();
    expect(made).toMatchObject({ format: 'webp', width: 16, height: 256 });
    const over = new AbortController();
    process.env['PENUMBRA_FAULTS'] = 'images.apart=hang@1';
    const making = thumbnailInCore(path, 256, over.signal);
    await expect.poll(readers, { timeout: 30_000 }).toHaveLength(1);
    over.abort();
    await expect(making).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    expect(readers()).toEqual([]);
  });
});
