import { stat } from 'node:fs/promises';
import { resolveInside } from '../images/path-resolver.ts';
import type { StoredImage } from './repositories/images.ts';

export interface RepointResult {
  readonly matched: number;
  /** Photos, by relative path, that are not there or have another size in bytes. */
  readonly missing: string[];
}

/** Matches photos by relative name and size in bytes. */
export async function planRepoint(root: string, images: readonly StoredImage[]): Promise<RepointResult> {
  let matched = 0;
  const missing: string[] = [];
  for (const { photoPath, photo } of images) {
    const bytes = await resolveInside(root, photoPath)
      .then((path) => stat(path))
      .then(
        (facts) => facts.size,
        () => null,
      );
    if (bytes === photo.bytes) matched += 1;
    else missing.push(photoPath);
  }
  return { matched, missing };
}
