import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { dataset } from '#shared/contract/index.ts';
import type { Client } from '#main/client/client.ts';

/** A smooth photo in which every place has another colour, so that a tile in the wrong place shows. Streams: size is no matter. */
export function gradientPhoto(width: number, height: number) {
  const corners = Buffer.from([0, 0, 0, 255, 0, 60, 0, 255, 120, 255, 255, 255]); // 2 × 2 RGB
  return sharp(corners, { raw: { width: 2, height: 2, channels: 3 }, limitInputPixels: false }).resize(width, height, { fit: 'fill', kernel: 'linear' });
}

/** A photo just beyond what is shown whole, 16.4 Mpx, in no list of the dataset. */
export const LARGE = { name: 'large', width: 5001, height: 3285 } as const;

export async function addLargePhoto(root: string): Promise<void> {
  await gradientPhoto(LARGE.width, LARGE.height).jpeg({ quality: 90 }).toFile(path.join(root, 'JPEGImages', `${LARGE.name}.jpg`));
}

/** Waits for the tiles of a photo; throws when they cannot be made. */
export async function untilTiled(client: Client, imageId: string): Promise<void> {
  for (;;) {
    const { state } = await client.call(dataset.photoPyramid, { imageId });
    if (state === 'ready') return;
    if (state !== 'building') throw new Error(`the pyramid is ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Photos of kinds that browsers show wrongly or not at all, and of kinds they show. */
export async function addUnusualPhotos(root: string): Promise<void> {
  const file = (name: string): string => path.join(root, 'JPEGImages', name);
  const photo = () => gradientPhoto(61, 40);
  await photo().tiff({ compression: 'lzw' }).toFile(file('u-tiff.tif'));
  await photo().toColourspace('cmyk').jpeg().toFile(file('u-cmyk.jpg'));
  await photo().toColourspace('rgb16').png().toFile(file('u-deep.png'));
  await photo().withMetadata({ orientation: 6 }).jpeg().toFile(file('u-turned.jpg'));
  await photo().withMetadata({ orientation: 6 }).webp().toFile(file('u-turned-webp.webp'));
  await photo().webp().toFile(file('u-plain-webp.webp'));
  await photo().greyscale().jpeg().toFile(file('u-grey.jpg'));
  await writeFile(file('u-png.png'), await photo().png().toBuffer());
}
