import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { diffLabelMaps, encodeGesture } from '#shared/mask/tile-diff.ts';
import type { ReadBase } from '#main/project/edits/edit-service.ts';
import { createProject } from '#main/project/open.ts';

/** Image sizes that do and do not end on a tile. */
export const EDIT_SIZES = [
  { id: 'im_0000000000000000', width: 130, height: 70 },
  { id: 'im_0000000000000001', width: 64, height: 64 },
] as const;
export const BASES = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)] as const;
export const EDIT_CLASSES = 4;

/** A project with images but no files: corrections need their sizes alone. */
export async function makeEditProject(): Promise<{ dir: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'penumbra-edits-'));
  const root = join(folder, 'photos');
  mkdirSync(root);
  const dir = join(folder, 'project');
  const project = await createProject(dir, { name: 'edits' });
  project.storeImport({
    root,
    classes: Array.from({ length: EDIT_CLASSES }, (_, channel) => ({ index: channel + 1, name: `class ${channel + 1}`, colour: [channel, 0, 0] })),
    images: EDIT_SIZES.map(({ id, width, height }) => ({
      id,
      name: id,
      photoPath: `${id}.jpg`,
      photo: { bytes: 1, mtimeMs: 0, sha256: '0'.repeat(64) },
      width,
      height,
      split: 'train',
      tags: [],
      mask: null,
      problem: null,
    })),
    supervision: [],
    problems: [],
    truthUse: null,
  });
  project.close();
  return { dir, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The same pseudo-random labels for the same base and image, in this and in any other process. */
export function baseMap(base: string, imageId: string): LabelMap {
  const size = EDIT_SIZES.find(({ id }) => id === imageId);
  const seed = BASES.findIndex((known) => known === base);
  if (size === undefined || seed < 0) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `no label map ${base} for ${imageId}`, { remedy: 'none', details: {} });
  }
  const { width, height } = size;
  // Blobs of labels: neighbouring bases agree in most pixels, as two refinements of one photo do.
  const data = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return (Math.floor((x + seed * 3) / 17) + Math.floor(y / 13)) % (EDIT_CLASSES + 1);
  });
  return { width, height, data };
}

export const readBase: ReadBase = (base, imageId) => {
  try {
    return Promise.resolve(baseMap(base, imageId));
  } catch (thrown) {
    return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
};

export interface Paint {
  readonly x: number; // px
  readonly y: number; // px
  readonly width: number; // px
  readonly height: number; // px
  readonly label: number;
}

export function painted(map: LabelMap, { x, y, width, height, label }: Paint): LabelMap {
  const data = map.data.slice();
  for (let row = y; row < Math.min(map.height, y + height); row++) data.fill(label, row * map.width + x, row * map.width + Math.min(map.width, x + width));
  return { ...map, data };
}

/** The gesture that paints a rectangle, or null when it would change nothing. */
export function paintGesture(map: LabelMap, paint: Paint): { diff: Uint8Array; after: LabelMap } | null {
  const after = painted(map, paint);
  const diffs = diffLabelMaps(map, after);
  return diffs.length === 0 ? null : { diff: encodeGesture(map, diffs), after };
}

/** The nth stroke of a fixed series, for tests whose painter dies on the way. It always changes something. */
export function nthStroke(map: LabelMap, index: number): { diff: Uint8Array; after: LabelMap } {
  const place = { x: (index * 37) % 100, y: (index * 23) % 50, width: 9 + (index % 20), height: 7 + (index % 11) };
  for (const label of [1 + (index % EDIT_CLASSES), 255, 0]) {
    const gesture = paintGesture(map, { ...place, label });
    if (gesture !== null) return gesture;
  }
  throw new Error('three labels cannot all be what is there already');
}

/** The corrected map after the first `count` strokes of the series. */
export function afterStrokes(base: string, imageId: string, count: number): LabelMap {
  let map = baseMap(base, imageId);
  for (let index = 0; index < count; index++) map = nthStroke(map, index).after;
  return map;
}
