import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { FileFacts } from '#shared/domain/imported.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { faultPoint } from '../../faults/faults.ts';
import { decodeLabelPng } from '../palette-png.ts';
import { decodePhoto, readPhotoHeader, type PhotoHeader } from '../photo.ts';

export interface FileJob {
  readonly photoPath: string;
  readonly maskPath: string | null;
  readonly maxPixels?: number;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorValue };

export interface CheckedPhoto {
  readonly header: PhotoHeader;
  readonly facts: FileFacts;
}

export interface CheckedMask {
  readonly width: number; // px
  readonly height: number; // px
  /** Values that occur, ascending. */
  readonly values: readonly number[];
  /** See `DecodedLabels.reordered`. */
  readonly reordered: { readonly value: number; readonly colourOf: number } | null;
  readonly facts: FileFacts;
}

export interface FileCheck {
  readonly photo: Checked<CheckedPhoto>;
  readonly mask: Checked<CheckedMask> | null;
}

/** Reads a photo and its mask to the last pixel. Never throws: what is wrong is part of the result. */
export async function checkFiles(job: FileJob): Promise<FileCheck> {
  const { photoPath, maskPath, maxPixels } = job;
  const limit = maxPixels === undefined ? {} : { maxPixels };
  const photo = await settle(async () => {
    const header = await readPhotoHeader(photoPath, limit);
    faultPoint('images.decode');
    // Every byte is decoded, but only a thumbnail is kept in memory.
    await decodePhoto(photoPath, { ...limit, longSide: 64 });
    return { header, facts: await facts(photoPath) };
  });
  if (maskPath === null) return { photo, mask: null };
  const mask = await settle(async () => {
    const bytes = await readFile(maskPath);
    const { map, reordered } = decodeLabelPng(bytes, maskPath, limit);
    const used = new Uint8Array(256);
    for (const value of map.data) used[value] = 1;
    const values = Array.from(used.keys()).filter((value) => used[value] === 1);
    return { width: map.width, height: map.height, values, reordered, facts: await facts(maskPath, bytes) };
  });
  return { photo, mask };
}

async function settle<T>(work: () => Promise<T>): Promise<Checked<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    return { ok: false, error: toErrorValue(thrown) };
  }
}

async function facts(path: string, known?: Uint8Array): Promise<FileFacts> {
  const { mtimeMs } = await stat(path);
  const bytes = known ?? (await readFile(path));
  return { bytes: bytes.length, mtimeMs, sha256: createHash('sha256').update(bytes).digest('hex') };
}
