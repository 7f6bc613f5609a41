import { PenumbraError } from '#shared/errors.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import { decodeNpy, type NpyArray } from '#shared/formats/npy.ts';
import { NpyFault, readNpyHeader } from '#shared/formats/npy-header.ts';

/** What NumPy makes when nobody asks for a type, and small whole numbers: read as the nearest type that the primitives know. */
const WIDER: Readonly<Record<string, { readonly bytes: number; readonly as: 'float32' | 'int32'; readonly valueAt: (view: DataView, at: number) => number | bigint }>> = {
  '<f8': { bytes: 8, as: 'float32', valueAt: (view, at) => view.getFloat64(at, true) },
  '<i8': { bytes: 8, as: 'int32', valueAt: (view, at) => view.getBigInt64(at, true) },
  '<u8': { bytes: 8, as: 'int32', valueAt: (view, at) => view.getBigUint64(at, true) },
  '<u4': { bytes: 4, as: 'int32', valueAt: (view, at) => view.getUint32(at, true) },
  '<i2': { bytes: 2, as: 'int32', valueAt: (view, at) => view.getInt16(at, true) },
  '<u2': { bytes: 2, as: 'int32', valueAt: (view, at) => view.getUint16(at, true) },
  '|i1': { bytes: 1, as: 'int32', valueAt: (view, at) => view.getInt8(at) },
};

/**
 * The array in .npy bytes that a user gives: what `decodeNpy` reads, bool as uint8, float64 as float32, other whole numbers as int32. Throws
 * BAD_REQUEST where a value does not fit, ARTIFACT_DAMAGED for other types and broken files.
 */
export function decodeAnyNpy(bytes: Uint8Array, what: string): NpyArray {
  const header = headerOf(bytes);
  if (header === null || header.isFortran) return decodeNpy(bytes, what);
  const { descr, shape, dataStart } = header;
  const count = shape.reduce((product, side) => product * side, 1);
  if (descr === '|b1' && bytes.length === dataStart + count) return { dtype: 'uint8', shape, data: bytes.slice(dataStart) };
  const wider = WIDER[descr];
  // Also where the data are cut short: decodeNpy says what is wrong.
  if (wider === undefined || bytes.length !== dataStart + count * wider.bytes) return decodeNpy(bytes, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart);
  const data = wider.as === 'float32' ? new Float32Array(count) : new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const value = wider.valueAt(view, index * wider.bytes);
    const narrow = Number(value);
    data[index] = narrow;
    const fits = wider.as === 'int32' ? data[index] === narrow : Number.isFinite(data[index]) || !Number.isFinite(narrow);
    if (fits) continue;
    throw new PenumbraError('BAD_REQUEST', `${what} holds ${value} as element ${index}; expected what fits ${wider.as}.`, {
      remedy: wider.as === 'int32' ? 'Number the labels from 0.' : 'Look where the scores come from.',
    });
  }
  return data instanceof Float32Array ? { dtype: 'float32', shape, data } : { dtype: 'int32', shape, data };
}

function headerOf(bytes: Uint8Array): ReturnType<typeof readNpyHeader> | null {
  try {
    return readNpyHeader(bytesSource(bytes));
  } catch (cause) {
    if (cause instanceof NpyFault) return null; // decodeNpy says so, naming the file
    throw cause;
  }
}
