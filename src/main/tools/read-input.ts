import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { decodeFloat16 } from '#shared/formats/float16.ts';
import type { NpyArray } from '#shared/formats/npy.ts';
import { decodeNpz } from '#shared/formats/npz.ts';
import type { Planes } from '#shared/raster/planes.ts';
import type { ByteRaster, IntRaster, RgbRaster } from '#shared/raster/rasters.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto } from '#main/images/photo.ts';
import { decodeAnyNpy } from './any-npy.ts';

const MAX_BYTES = 4 * 2 ** 30;

/** A photo as 8-bit RGB, by any format that Penumbra reads; 16 bits are reduced to 8. */
export function readPhoto(file: string): Promise<RgbRaster> {
  assertThere(file);
  return decodePhoto(file);
}

/** Whole numbers a pixel: a label PNG, or an array [H, W] of whole numbers. */
export async function readLabels(file: string): Promise<IntRaster> {
  assertThere(file);
  if (!isArray(file)) return readLabelPng(file);
  const array = await readArray(file);
  if (array.shape.length !== 2 || (array.dtype !== 'uint8' && array.dtype !== 'int32')) throw wrongArray(file, array, 'whole numbers of two axes (height, width)');
  return { height: array.shape[0] ?? 0, width: array.shape[1] ?? 0, data: array.data };
}

/** A mask or a grey picture of bytes: a label PNG, or a uint8 array [H, W]. */
export async function readBytes(file: string): Promise<ByteRaster> {
  const { width, height, data } = await readLabels(file);
  if (data instanceof Uint8Array) return { width, height, data };
  throw new PenumbraError('BAD_REQUEST', `${file} holds int32; expected uint8.`, { remedy: 'Save it with .astype(np.uint8).' });
}

/** Scores: an array [C, H, W] of floats, or [H, W] as one plane; of an .npz the array "scores", or its only one. */
export async function readPlanes(file: string): Promise<Planes> {
  const array = await readArray(file);
  const shape = array.shape.length === 2 ? [1, ...array.shape] : array.shape;
  if (shape.length !== 3 || (array.dtype !== 'float32' && array.dtype !== 'float16')) throw wrongArray(file, array, 'floats of three axes (class, height, width)');
  const [count = 0, height = 0, width = 0] = shape;
  return { count, height, width, data: array.dtype === 'float16' ? decodeFloat16(array.data) : array.data };
}

/** The file that belongs to `photo`: `given` itself, or the one of the same name in the folder `given`, with one of `endings`. */
export async function fileFor(photo: string, given: string, endings: readonly string[]): Promise<string> {
  const facts = await stat(given).catch(() => null);
  if (facts?.isDirectory() !== true) return given;
  const stem = path.join(given, path.parse(photo).name);
  const found = endings.map((ending) => stem + ending).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new PenumbraError('FILE_MISSING', `${given} holds no ${path.basename(stem)}${endings.join(' or ')}.`, { remedy: 'Name files after their photos.' });
}

/** Readers speak of projects, and the files of tools are the user's own. */
function assertThere(file: string): void {
  if (!existsSync(file)) throw new PenumbraError('FILE_MISSING', `There is no ${file}.`, { remedy: 'Look at its name, and at the folder that the command runs in.' });
}

function isArray(file: string): boolean {
  return /\.np[yz]$/i.test(file);
}

async function readArray(file: string): Promise<NpyArray> {
  if (!isArray(file)) throw new PenumbraError('BAD_REQUEST', `${file} is no .npy or .npz file.`, { remedy: 'Save the array with numpy.save or numpy.savez.' });
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new PenumbraError('FILE_MISSING', `${file} cannot be read.`, { remedy: 'Look at its name and its rights.', cause });
  });
  if (/\.npy$/i.test(file)) return decodeAnyNpy(bytes, file);
  const arrays = decodeNpz(bytes, file, MAX_BYTES, decodeAnyNpy);
  const array = arrays.get('scores') ?? (arrays.size === 1 ? [...arrays.values()][0] : undefined);
  if (array !== undefined) return array;
  throw new PenumbraError('BAD_REQUEST', `${file} holds ${[...arrays.keys()].join(', ')}; expected "scores", or one array.`, { remedy: 'Save the one array that is meant.' });
}

function wrongArray(file: string, array: NpyArray, expected: string): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${file} is ${array.dtype} of shape (${array.shape.join(', ')}); expected ${expected}.`, { remedy: 'Convert it with numpy first.' });
}
