import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { ImageRecord } from '#main/ml/stage.ts';
import { sampleImages } from '../../tests/support/sample-images.ts';

/** VOC's photos have a long side of 500 px. */
const LONG_SIDE_PX = 500;

export interface PhotoFolder {
  readonly photos: readonly ImageRecord[];
  remove(): Promise<void>;
}

/** The sample's training photos, enlarged to the size of VOC's. Their masks stay small: for tags alone. */
export async function vocSizedPhotos(): Promise<PhotoFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-bench-'));
  const photos: ImageRecord[] = [];
  for (const record of sampleImages('train', Infinity)) {
    const photoPath = path.join(folder, `${record.name}.jpg`);
    const { width, height } = await sharp(record.photoPath).resize({ width: LONG_SIDE_PX, height: LONG_SIDE_PX, fit: 'inside' }).jpeg({ quality: 95 }).toFile(photoPath);
    photos.push({ ...record, photoPath, width, height });
  }
  return { photos, remove: () => rm(folder, { recursive: true, force: true }) };
}
