import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { PenumbraError } from '#shared/errors.ts';
import type { Size } from '#shared/raster/planes.ts';
import { faultPoint } from '../../faults/faults.ts';
import { readInAnyOrder } from '../any-order.ts';
import { readPhotoHeader, unreadable } from '../photo.ts';
import { levelCount } from './levels.ts';

export interface PyramidJob {
  readonly photoPath: string;
  /** As the project knows it: px, after EXIF orientation. */
  readonly size: Size;
  readonly tilePx: number;
  /** Folder, empty and there, that takes LEVEL/X_Y.jpeg. */
  readonly target: string;
}

/** Cuts a photo into tiles, streaming: memory stays far below the size of the photo. Throws as `decodePhoto`, and MASK_SIZE_MISMATCH. */
export async function buildPyramid({ photoPath, size, tilePx, target }: PyramidJob): Promise<void> {
  const header = await readPhotoHeader(photoPath);
  if (header.width !== size.width || header.height !== size.height) {
    throw new PenumbraError('MASK_SIZE_MISMATCH', `${photoPath} is now ${header.width}×${header.height} px; it was ${size.width}×${size.height} px when it was imported.`, {
      remedy: 'Put the photo of the old size back, or import the folder into a new project.',
      details: { file: photoPath, width: header.width, height: header.height },
    });
  }
  faultPoint('images.pyramid');
  const zoom = join(target, 'zoom');
  try {
    const photo = sharp(photoPath, { limitInputPixels: false, failOn: 'error' });
    await (header.orientation === 1 ? photo : readInAnyOrder(photo))
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 90 })
      .tile({ size: tilePx, overlap: 0, layout: 'dz', depth: 'onetile', container: 'fs', skipBlanks: -1 })
      .toFile(`${zoom}.dz`);
  } catch (cause) {
    throw unreadable(photoPath, cause);
  }
  // Deep zoom counts levels from the smallest; here level 0 is the photo.
  const made = await readdir(`${zoom}_files`);
  const levels = levelCount(size, tilePx);
  const folders = made.filter((name) => /^\d+$/.test(name));
  if (folders.length !== levels) throw new Error(`the tiler made ${folders.length} levels of ${photoPath}; expected ${levels}`);
  for (const name of folders) await rename(join(`${zoom}_files`, name), join(target, String(levels - 1 - Number(name))));
  for (const name of await readdir(target)) if (!/^\d+$/.test(name)) await rm(join(target, name), { recursive: true, force: true });
}

/** How many tiles of the full size are cut so far, for progress. */
export async function tilesCut(target: string): Promise<number> {
  const levels = await readdir(join(target, 'zoom_files')).catch(() => []);
  const full = levels.sort((a, b) => Number(b) - Number(a)).find((name) => /^\d+$/.test(name));
  return full === undefined ? 0 : (await readdir(join(target, 'zoom_files', full)).catch(() => [])).length;
}
