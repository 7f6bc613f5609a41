import { PenumbraError } from '#shared/errors.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import { MAX_CLASSES } from '#shared/domain/classes.ts';
import { assertPlanes, type Planes, type Size } from '#shared/raster/planes.ts';
import { decodeFloat16, encodeFloat16 } from '../formats/float16.ts';
import { decodeNpz, encodeNpz } from '../formats/npz.ts';
import type { ArtifactReader, ArtifactWriter } from '../stage.ts';

/**
 * Class scores of one image on the stride-4 grid, [K, ceil(H/4), ceil(W/4)], for the classes in `keys` alone.
 * On disk: IMAGEID.npz with `keys` int32 [K] (1-based class indices, ascending) and `scores` float16; NumPy reads it.
 * CAMs are normalised to a maximum of 1 a class (methods/cam.md §0).
 */
export interface ScoreMaps {
  /** 1-based class indices, ascending; key i belongs to plane i. */
  readonly keys: readonly number[];
  readonly planes: Planes;
}

const STRIDE = 4;

export function scoreMapsFile(imageId: ImageId): string {
  return `${imageId}.npz`;
}

/** Size of the score grid of a photo. */
export function scoreGrid(photo: Size): Size {
  return { width: Math.ceil(photo.width / STRIDE), height: Math.ceil(photo.height / STRIDE) };
}

/** Throws RangeError when keys are not ascending class indices or a score is not finite: a defect of the caller. */
export function encodeScoreMaps(maps: ScoreMaps): Uint8Array {
  const { keys, planes } = maps;
  assertPlanes(planes);
  if (keys.length !== planes.count) throw new RangeError(`score maps: ${keys.length} keys for ${planes.count} planes`);
  if (!keysAreValid(keys)) throw new RangeError(`score maps: keys are ${keys.join(', ')}; expected ascending class indices from 1`);
  if (!planes.data.every(Number.isFinite)) throw new RangeError('score maps: a score is not a finite number');
  return encodeNpz({
    keys: { dtype: 'int32', shape: [keys.length], data: Int32Array.from(keys) },
    scores: { dtype: 'float16', shape: [planes.count, planes.height, planes.width], data: encodeFloat16(planes.data) },
  });
}

/** ARTIFACT_DAMAGED naming `what` unless the bytes hold score maps on the grid of a photo of this size. */
export async function decodeScoreMaps(bytes: Uint8Array, photo: Size, what: string): Promise<ScoreMaps> {
  const grid = scoreGrid(photo);
  const headroom = 4096; // headers and keys
  const arrays = await decodeNpz(bytes, what, MAX_CLASSES * grid.width * grid.height * 2 + headroom);
  const keysArray = arrays.get('keys');
  const scores = arrays.get('scores');
  if (keysArray?.dtype !== 'int32' || keysArray.shape.length !== 1) throw damaged(what, 'has no int32 array "keys" of one axis');
  if (scores?.dtype !== 'float16' || scores.shape.length !== 3) throw damaged(what, 'has no float16 array "scores" of three axes');
  const keys = Array.from(keysArray.data);
  if (!keysAreValid(keys)) throw damaged(what, `has keys ${keys.join(', ')}; expected ascending class indices from 1 to ${MAX_CLASSES}`);
  const [count, height, width] = scores.shape;
  if (count !== keys.length || height !== grid.height || width !== grid.width) {
    throw damaged(what, `has scores of shape (${scores.shape.join(', ')}); expected (${keys.length}, ${grid.height}, ${grid.width})`);
  }
  const data = decodeFloat16(scores.data);
  if (!data.every(Number.isFinite)) throw damaged(what, 'holds a score that is not a finite number');
  return { keys, planes: { count, height, width, data } };
}

export async function writeScoreMaps(output: ArtifactWriter, imageId: ImageId, maps: ScoreMaps): Promise<void> {
  await output.write(scoreMapsFile(imageId), encodeScoreMaps(maps));
}

export function hasScoreMaps(artifact: ArtifactReader | ArtifactWriter, imageId: ImageId): boolean {
  return artifact.has(scoreMapsFile(imageId));
}

export async function readScoreMaps(artifact: ArtifactReader, image: { readonly id: ImageId } & Size): Promise<ScoreMaps> {
  const file = scoreMapsFile(image.id);
  return decodeScoreMaps(await artifact.read(file), image, `${artifact.key}/${file}`);
}

function keysAreValid(keys: readonly number[]): boolean {
  return keys.every((key, index) => Number.isInteger(key) && key > (keys[index - 1] ?? 0) && key <= MAX_CLASSES);
}

function damaged(what: string, fact: string): PenumbraError {
  return new PenumbraError('ARTIFACT_DAMAGED', `${what} ${fact}.`, {
    remedy: 'Make the score maps again, or import them again from where they came.',
    details: { file: what, fact },
  });
}
