import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { RgbRaster } from '#shared/raster/rasters.ts';
import { decodePhoto } from '#main/images/photo.ts';

const REPO = path.resolve(import.meta.dirname, '../..');
/** What the peers made is kept here, so that a run that was stopped goes on; a deleted file is made anew. */
export const WORK = path.join(REPO, '.tmp/raster-peers');
export const VOC = path.join(process.env['PENUMBRA_SHARED'] ?? path.resolve(REPO, '../shared'), 'data/voc-mini');

/** Names of `count` photos evenly over the list, so that all kinds of photos are among them. Throws where there are none. */
export function vocNames(count: number): string[] {
  if (!existsSync(VOC)) throw new Error(`${VOC} is not there; PENUMBRA_SHARED names the folder that holds data/voc-mini`);
  const all = readdirSync(path.join(VOC, 'JPEGImages')).sort();
  return Array.from({ length: count }, (_, index) => path.parse(all[Math.floor((index * all.length) / count)] ?? '').name);
}

export function readVocPhoto(name: string): Promise<RgbRaster> {
  return decodePhoto(path.join(VOC, 'JPEGImages', `${name}.jpg`));
}
