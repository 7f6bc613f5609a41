import { MAX_CLASSES } from '../domain/classes.ts';
import { PenumbraError } from '../errors.ts';
import type { Planes } from '../raster/planes.ts';
import { decodeFloat16 } from './float16.ts';
import { decodeNpz } from './npz.ts';

/** Most bytes that score maps unpack to unless told otherwise: 254 classes of a photo of 2 Mpx, or 10 of one of 50. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Class scores of one image for some classes alone. On disk: IMAGEID.npz with `keys` int32 [K] (1-based class indices,
 * ascending) and `scores` float16 [K, height, width].
 */
export interface ScoreMaps {
  /** 1-based class indices, ascending; key i belongs to plane i. */
  readonly keys: readonly number[];
  readonly planes: Planes;
}

/** ARTIFACT_DAMAGED naming `what` unless the bytes hold score maps, all finite, of at most `maxBytes`. */
export function decodeScoreMaps(bytes: Uint8Array, what: string, maxBytes = MAX_BYTES): ScoreMaps {
  const arrays = decodeNpz(bytes, what, maxBytes);
  const keysArray = arrays.get('keys');
  const scores = arrays.get('scores');
  if (keysArray?.dtype !== 'int32' || keysArray.shape.length !== 1) throw damaged(what, 'has no int32 array "keys" of one axis');
  if (scores?.dtype !== 'float16' || scores.shape.length !== 3) throw damaged(what, 'has no float16 array "scores" of three axes');
  const keys = Array.from(keysArray.data);
  if (!keysAreValid(keys)) throw damaged(what, `has keys ${keys.join(', ')}; expected ascending class indices from 1 to ${MAX_CLASSES}`);
  const [count = 0, height = 0, width = 0] = scores.shape;
  if (count !== keys.length) throw damaged(what, `has scores of shape (${scores.shape.join(', ')}) for ${keys.length} keys`);
  const data = decodeFloat16(scores.data);
  if (!data.every(Number.isFinite)) throw damaged(what, 'holds a score that is not a finite number');
  return { keys, planes: { count, height, width, data } };
}

/** Score maps as the page draws them: plane i belongs to class `classIndices[i]`, row-major on the stride-4 grid. ARTIFACT_DAMAGED. */
export function readScoreMaps(bytes: Uint8Array): { classIndices: number[]; width: number; height: number; planes: Float32Array[] } {
  const { keys, planes } = decodeScoreMaps(bytes, 'the score maps');
  const { width, height, data } = planes;
  const size = width * height;
  return { classIndices: [...keys], width, height, planes: keys.map((_, plane) => data.subarray(plane * size, (plane + 1) * size)) };
}

export function keysAreValid(keys: readonly number[]): boolean {
  return keys.every((key, index) => Number.isInteger(key) && key > (keys[index - 1] ?? 0) && key <= MAX_CLASSES);
}

function damaged(what: string, fact: string): PenumbraError {
  return new PenumbraError('ARTIFACT_DAMAGED', `${what} ${fact}.`, {
    remedy: 'Make the score maps again, or import them again from where they came.',
    details: { file: what, fact },
  });
}
