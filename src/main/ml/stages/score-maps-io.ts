import { PenumbraError } from '#shared/errors.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import { MAX_CLASSES } from '#shared/domain/classes.ts';
import { encodeFloat16 } from '#shared/formats/float16.ts';
import { decodeScoreMaps as decodeAnyScoreMaps, keysAreValid, type ScoreMaps } from '#shared/formats/score-maps.ts';
import { assertPlanes, type Size } from '#shared/raster/planes.ts';
import { encodeNpz } from '../formats/npz.ts';
import type { ArtifactReader, ArtifactWriter } from '../stage.ts';

/** Score maps of an artifact lie on the stride-4 grid of their photo. CAMs are normalised to a maximum of 1 a class (methods/cam.md §0). */
const STRIDE = 4;

export function scoreMapsFile(imageId: ImageId): string {
  return `${imageId}.npz`;
}

/** Size of the score grid of a photo. */
export function scoreGrid(photo: Size): Size {
  return { width: Math.ceil(photo.width / STRIDE), height: Math.ceil(photo.height / STRIDE) };
}

/** Score maps as they are stored: `halves` are binary16 bits, [K, height, width]. */
export interface PackedScoreMaps extends Size {
  readonly keys: readonly number[];
  readonly halves: Uint16Array;
}

/** Throws RangeError when keys are not ascending class indices or a score is not finite: a defect of the caller. */
export function encodeScoreMaps({ keys, planes }: ScoreMaps): Uint8Array {
  assertPlanes(planes);
  if (keys.length !== planes.count) throw new RangeError(`score maps: ${keys.length} keys for ${planes.count} planes`);
  return encodePacked({ keys, width: planes.width, height: planes.height, halves: encodeFloat16(planes.data) });
}

function encodePacked({ keys, width, height, halves }: PackedScoreMaps): Uint8Array {
  if (!keysAreValid(keys)) throw new RangeError(`score maps: keys are ${keys.join(', ')}; expected ascending class indices from 1`);
  if (halves.some((bits) => (bits & 0x7c00) === 0x7c00)) throw new RangeError('score maps: a score is not a finite number');
  return encodeNpz({
    keys: { dtype: 'int32', shape: [keys.length], data: Int32Array.from(keys) },
    scores: { dtype: 'float16', shape: [keys.length, height, width], data: halves },
  });
}

/** ARTIFACT_DAMAGED naming `what` unless the bytes hold score maps on the grid of a photo of this size. */
export function decodeScoreMaps(bytes: Uint8Array, photo: Size, what: string): ScoreMaps {
  const grid = scoreGrid(photo);
  const headroom = 4096; // headers and keys
  const maps = decodeAnyScoreMaps(bytes, what, MAX_CLASSES * grid.width * grid.height * 2 + headroom);
  const { count, height, width } = maps.planes;
  if (height !== grid.height || width !== grid.width) {
    throw damaged(what, `has scores of shape (${count}, ${height}, ${width}); expected (${count}, ${grid.height}, ${grid.width})`);
  }
  return maps;
}

export async function writeScoreMaps(output: ArtifactWriter, imageId: ImageId, maps: PackedScoreMaps): Promise<void> {
  await output.write(scoreMapsFile(imageId), encodePacked(maps));
}

export function hasScoreMaps(artifact: ArtifactReader | ArtifactWriter, imageId: ImageId): boolean {
  return artifact.has(scoreMapsFile(imageId));
}

export async function readScoreMaps(artifact: ArtifactReader, image: { readonly id: ImageId } & Size): Promise<ScoreMaps> {
  const file = scoreMapsFile(image.id);
  return decodeScoreMaps(await artifact.read(file), image, `${artifact.key}/${file}`);
}

function damaged(what: string, fact: string): PenumbraError {
  return new PenumbraError('ARTIFACT_DAMAGED', `${what} ${fact}.`, {
    remedy: 'Make the score maps again, or import them again from where they came.',
    details: { file: what, fact },
  });
}
