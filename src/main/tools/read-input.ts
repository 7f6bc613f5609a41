import { existsSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { decodeFloat16 } from '#shared/formats/float16.ts';
import { decodeNpz } from '#shared/formats/npz.ts';
import type { Planes } from '#shared/raster/planes.ts';
import type { ByteRaster, IntRaster, RgbRaster } from '#shared/raster/rasters.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto } from '#main/images/photo.ts';
import { decodeAnyNpy, type AnyNpy } from './any-npy.ts';

/** Of all arrays of an .npz together. */
const MAX_UNPACKED_BYTES = 4 * 2 ** 30;
/** Node reads no more at once. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** A photo as 8-bit RGB: by any format that Penumbra reads, 16 bits reduced to 8; or an array of uint8, [H, W, 3] or [H, W] for grey. */
export async function readPhoto(file: string): Promise<RgbRaster> {
  if (!isArray(file)) {
    assertThere(file);
    return decodePhoto(file);
  }
  const array = await readArray(file, 'picture');
  const [height = 0, width = 0] = array.shape;
  if (array.dtype === 'uint8' && array.shape.length === 3 && array.shape[2] === 3) return { width, height, data: array.data };
  if (array.dtype !== 'uint8' || array.shape.length !== 2) throw wrongArray(file, array, 'uint8 of three axes (height, width, 3), or of two for grey', 'Bring its values to 0..255 and save array.astype(numpy.uint8).');
  const data = new Uint8Array(width * height * 3);
  for (const [pixel, value] of array.data.entries()) data.fill(value, pixel * 3, pixel * 3 + 3);
  return { width, height, data };
}

/** Whole numbers a pixel: a label PNG, or an array [H, W] of whole numbers. */
export async function readLabels(file: string): Promise<IntRaster> {
  if (!isArray(file)) {
    assertThere(file);
    return readLabelPng(file);
  }
  const array = await readArray(file, 'labels');
  if (array.shape.length !== 2 || (array.dtype !== 'uint8' && array.dtype !== 'int32')) throw wrongArray(file, array, 'whole numbers of two axes (height, width)', 'Save array.astype(numpy.int32), one number a pixel.');
  return { height: array.shape[0] ?? 0, width: array.shape[1] ?? 0, data: array.data };
}

/** What of a label map is not 0, 255 too: 1 there, 0 elsewhere. Its labels may be any whole numbers. */
export async function readMask(file: string): Promise<ByteRaster> {
  const { width, height, data } = await readLabels(file);
  return { width, height, data: Uint8Array.from(data, (label) => (label === 0 ? 0 : 1)) };
}

/** Scores: an array [C, H, W] of floats, or [H, W] as one plane. */
export async function readPlanes(file: string): Promise<Planes> {
  const array = await readArray(file, 'scores');
  const shape = array.shape.length === 2 ? [1, ...array.shape] : array.shape;
  if (shape.length !== 3 || (array.dtype !== 'float32' && array.dtype !== 'float16')) throw wrongArray(file, array, 'floats of three axes (class, height, width), or of two for one plane', 'Save array.astype(numpy.float32), its first axis the class.');
  const [count = 0, height = 0, width = 0] = shape;
  return { count, height, width, data: array.dtype === 'float16' ? decodeFloat16(array.data) : array.data };
}

/**
 * The file that belongs to `photo`: `given` itself, or the one of the same name in the folder `given`, with one of `endings`. "folder:key" takes the
 * array of that name from each .npz.
 */
export async function fileFor(photo: string, given: string, endings: readonly string[]): Promise<string> {
  const [, prefix = '', key = ''] = /^(.+?)(:[^:/\\]+)?$/s.exec(given) ?? [];
  const [folder, suffix] = (await isFolder(given)) ? [given, ''] : (await isFolder(prefix)) ? [prefix, key] : [null, ''];
  if (folder === null) return given;
  const stem = path.join(folder, path.parse(splitKey(photo).file).name);
  const possible = suffix === '' ? endings : endings.filter((ending) => ending === '.npz');
  const found = possible.map((ending) => stem + ending).find((file) => existsSync(file));
  if (found !== undefined) return found + suffix;
  throw new PenumbraError('FILE_MISSING', `${folder} holds no ${path.basename(stem)}${possible.join(' or ')}.`, { remedy: 'Name files after their photos.' });
}

async function isFolder(place: string): Promise<boolean> {
  return (await stat(place).catch(() => null))?.isDirectory() === true;
}

/** FILE_MISSING or BAD_REQUEST unless `given`, without the array of an .npz that it may name, is a file. */
export function assertFile(given: string): void {
  assertThere(splitKey(given).file);
}

/** Readers speak of projects, and the files of tools are the user's own. */
export function assertThere(file: string): void {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts === undefined) throw new PenumbraError('FILE_MISSING', `There is no ${file}.`, { remedy: 'Look at its name, and at the folder that the command runs in.' });
  if (facts.isDirectory()) throw new PenumbraError('BAD_REQUEST', `${file} is a folder; expected a file.`, { remedy: 'Name the files in it, such as photos/*.jpg.' });
}

/** "scores.npz:cam" → the file, and the array that is meant. */
function splitKey(given: string): { file: string; key: string | null } {
  const match = /^(.+\.npz):([^:/\\]+)$/is.exec(given);
  return match === null || existsSync(given) ? { file: given, key: null } : { file: match[1] ?? '', key: match[2] ?? '' };
}

function isArray(given: string): boolean {
  return /\.np[yz]$/i.test(splitKey(given).file);
}

/** `usual`: the array that is taken from an .npz of several where none is named. */
async function readArray(given: string, usual: string): Promise<AnyNpy> {
  const { file, key } = splitKey(given);
  assertThere(file);
  if (!isArray(file)) throw new PenumbraError('BAD_REQUEST', `${file} is no .npy or .npz file.`, { remedy: 'Save the array with numpy.save or numpy.savez.' });
  const bytes = await readWhole(file);
  if (/\.npy$/i.test(file)) return decodeAnyNpy(bytes, file);
  const arrays = unpacked(bytes, file);
  const array = key !== null ? arrays.get(key) : (arrays.get(usual) ?? (arrays.size === 1 ? [...arrays.values()][0] : undefined));
  if (array !== undefined) return array;
  const [first = 'name'] = arrays.keys();
  throw new PenumbraError('BAD_REQUEST', `${file} holds ${[...arrays.keys()].join(', ')}; expected "${key ?? usual}"${key === null ? ', or one array' : ''}.`, {
    remedy: `Name the array that is meant, as in ${path.basename(file)}:${first}.`,
  });
}

async function readWhole(file: string): Promise<Uint8Array> {
  const facts = await stat(file);
  if (facts.size > MAX_FILE_BYTES) {
    throw new PenumbraError('BAD_REQUEST', `${file} is of ${(facts.size / 2 ** 30).toFixed(1)} GiB; expected less than 2.`, { remedy: 'Give a smaller grid, fewer planes, or float16.' });
  }
  return readFile(file).catch((cause: unknown) => {
    throw new PenumbraError('FILE_MISSING', `${file} cannot be read.`, { remedy: 'Look at its rights.', cause });
  });
}

/** The zip's own faults are those of artifacts of a project; the user's file is saved anew. */
function unpacked(bytes: Uint8Array, file: string): ReadonlyMap<string, AnyNpy> {
  try {
    return decodeNpz(bytes, file, MAX_UNPACKED_BYTES, decodeAnyNpy);
  } catch (thrown) {
    if (!(thrown instanceof PenumbraError) || thrown.code !== 'ARTIFACT_DAMAGED') throw thrown;
    throw new PenumbraError('BAD_REQUEST', thrown.message, { remedy: `Save ${path.basename(file)} again with numpy.savez.`, cause: thrown });
  }
}

function wrongArray(file: string, array: AnyNpy, expected: string, remedy: string): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${file} is ${array.savedAs} of shape (${array.shape.join(', ')}); expected ${expected}.`, { remedy });
}
