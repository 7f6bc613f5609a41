import { PenumbraError } from '../errors.ts';
import { bytesSource } from './byte-source.ts';
import { NpyFault, readNpyHeader, type NpyHeader } from './npy-header.ts';

/**
 * NumPy's .npy format (numpy/lib/format.py, version 1.0): little-endian, C order, four element types.
 * Object arrays would need pickle and are refused.
 */
export type NpyArray =
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  /** IEEE binary16 bits; see float16.ts. */
  | { readonly dtype: 'float16'; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array };

const DESCRIPTIONS = { uint8: '|u1', int32: '<i4', float16: '<f2', float32: '<f4' } as const;
const ITEM_BYTES = { uint8: 1, int32: 4, float16: 2, float32: 4 } as const;
const MAGIC = '\x93NUMPY';
const MAX_AXES = 8;

/** An array as .npy bytes. */
export function encodeNpy(array: NpyArray): Uint8Array {
  const count = itemCount(array.shape);
  if (array.data.length !== count)
    throw new RangeError(`npy: shape (${array.shape.join(', ')}) holds ${count} items, got ${array.data.length}`);
  const header = encodeNpyHeader(DESCRIPTIONS[array.dtype], array.shape);
  const payload = new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(payload, header.length);
  return bytes;
}

/** What stands before the data of an array in C order, version 1.0. `descr` as NumPy writes it, such as `<f4`. */
export function encodeNpyHeader(descr: string, sides: readonly number[]): Uint8Array {
  const shape = sides.length === 1 ? `(${sides.join('')},)` : `(${sides.join(', ')})`;
  const fields = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The header with magic, version and length is padded to a multiple of 64 bytes and ends with a line feed.
  const padded = fields.padEnd(Math.ceil((fields.length + 11) / 64) * 64 - 11, ' ') + '\n';
  const bytes = new Uint8Array(10 + padded.length);
  bytes.set(fromLatin1(MAGIC), 0);
  bytes.set([1, 0, padded.length & 0xff, padded.length >>> 8], 6);
  bytes.set(fromLatin1(padded), 10);
  return bytes;
}

/** The array in .npy bytes; ARTIFACT_DAMAGED naming `what` when they are anything else than an array of the four types. */
export function decodeNpy(bytes: Uint8Array, what: string): NpyArray {
  const { descr, isFortran, shape, dataStart: start } = headerOf(bytes, what);
  if (isFortran) throw damaged(what, 'is in Fortran order; expected C order');
  const dtype = (Object.keys(DESCRIPTIONS) as (keyof typeof DESCRIPTIONS)[]).find((key) => DESCRIPTIONS[key] === descr);
  if (dtype === undefined) throw damaged(what, `has element type "${descr}"; expected one of ${Object.values(DESCRIPTIONS).join(', ')}`);
  const count = itemCount(shape);
  const expected = count * ITEM_BYTES[dtype];
  if (shape.length > MAX_AXES || !Number.isSafeInteger(expected) || bytes.length - start !== expected) {
    throw damaged(what, `holds ${bytes.length - start} bytes of data; expected ${expected} for shape (${shape.join(', ')})`);
  }
  // A copy, so that the elements are aligned (subarray alone is a view). Every supported platform is little-endian, as the format.
  const data = new Uint8Array(bytes.subarray(start)).buffer;
  switch (dtype) {
    case 'uint8':
      return { dtype, shape, data: new Uint8Array(data) };
    case 'int32':
      return { dtype, shape, data: new Int32Array(data) };
    case 'float16':
      return { dtype, shape, data: new Uint16Array(data) };
    case 'float32':
      return { dtype, shape, data: new Float32Array(data) };
  }
}

function headerOf(bytes: Uint8Array, what: string): NpyHeader {
  try {
    return readNpyHeader(bytesSource(bytes));
  } catch (cause) {
    if (cause instanceof NpyFault) throw damaged(what, cause.message);
    throw cause;
  }
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function itemCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function damaged(what: string, fact: string): PenumbraError {
  return new PenumbraError('ARTIFACT_DAMAGED', `${what} ${fact}.`, {
    remedy: 'Make the artifact again, or import the file again from where it came.',
    details: { file: what, fact },
  });
}
