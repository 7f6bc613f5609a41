import { PenumbraError } from '#shared/errors.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import { decodeNpy, type NpyArray } from '#shared/formats/npy.ts';
import { NpyFault, readNpyHeader, type NpyHeader } from '#shared/formats/npy-header.ts';

/** An array, and what the file calls its type: `dtype` is what it was read as. */
export type AnyNpy = NpyArray & { readonly savedAs: string };

/** What NumPy makes when nobody asks for a type, and small whole numbers: read as the nearest type that the primitives know. */
const WIDER: Readonly<Record<string, { readonly as: 'float32' | 'int32'; readonly valueAt: (view: DataView, at: number) => number | bigint }>> = {
  '<f8': { as: 'float32', valueAt: (view, at) => view.getFloat64(at, true) },
  '<i8': { as: 'int32', valueAt: (view, at) => view.getBigInt64(at, true) },
  '<u8': { as: 'int32', valueAt: (view, at) => view.getBigUint64(at, true) },
  '<u4': { as: 'int32', valueAt: (view, at) => view.getUint32(at, true) },
  '<i2': { as: 'int32', valueAt: (view, at) => view.getInt16(at, true) },
  '<u2': { as: 'int32', valueAt: (view, at) => view.getUint16(at, true) },
  '|i1': { as: 'int32', valueAt: (view, at) => view.getInt8(at) },
};
const AS_THEY_ARE = ['|u1', '<i4', '<f2', '<f4'];
/** As many as `decodeNpy` reads. */
const MAX_AXES = 8;
const ACCEPTED = 'bool, int8 to int64, uint8 to uint64, float16, float32 and float64, little-endian';

/**
 * The array in .npy bytes that a user gives: what `decodeNpy` reads, bool as uint8, float64 as float32, other whole numbers as int32. Throws
 * BAD_REQUEST with the way out in NumPy's words for values that do not fit, other types and orders, and files cut short.
 */
export function decodeAnyNpy(bytes: Uint8Array, what: string): AnyNpy {
  const { descr, isFortran, shape, dataStart } = headerOf(bytes, what);
  const count = shape.reduce((product, side) => product * side, 1);
  const itemBytes = itemBytesOf(descr);
  const found = bytes.length - dataStart;
  if (itemBytes !== null && found !== count * itemBytes) {
    throw refused(`${what} holds ${found} bytes of data; expected ${count * itemBytes} for ${nameOf(descr)} of shape (${shape.join(', ')})`, 'Save or copy it again: it was cut short, or something was added to it.');
  }
  if (isFortran) throw refused(`${what} is in Fortran order; expected C order`, 'Save numpy.ascontiguousarray(array).');
  const wider = WIDER[descr];
  if (wider === undefined && descr !== '|b1' && !AS_THEY_ARE.includes(descr)) {
    throw refused(`${what} is of type ${nameOf(descr)}; expected ${ACCEPTED}`, 'Save array.astype(numpy.float32) for scores, array.astype(numpy.int32) for labels.');
  }
  if (shape.length > MAX_AXES) throw refused(`${what} has ${shape.length} axes; expected two or three`, 'Save one picture, label map or stack of planes.');
  const savedAs = nameOf(descr);
  if (descr === '|b1') return { dtype: 'uint8', shape, data: bytes.slice(dataStart), savedAs };
  if (wider === undefined) return { ...decodeNpy(bytes, what), savedAs };
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart);
  const data = wider.as === 'float32' ? new Float32Array(count) : new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const value = wider.valueAt(view, (index * found) / count);
    const narrow = Number(value);
    data[index] = narrow;
    const fits = wider.as === 'int32' ? data[index] === narrow : Number.isFinite(data[index]) || !Number.isFinite(narrow);
    if (fits) continue;
    throw refused(`${what} holds ${value} as element ${index}; expected what fits ${wider.as}`, wider.as === 'int32' ? 'Number the labels from 0.' : 'Look where the scores come from.');
  }
  return data instanceof Float32Array ? { dtype: 'float32', shape, data, savedAs } : { dtype: 'int32', shape, data, savedAs };
}

/** Null for types whose length is not in their name, such as objects. */
function itemBytesOf(descr: string): number | null {
  const [, kind = '', size = ''] = /^[<>|=]([biufcSUVmM])(\d+)/.exec(descr) ?? [];
  return kind === '' ? null : Number(size) * (kind === 'U' ? 4 : 1);
}

const KINDS: Readonly<Record<string, string>> = { i: 'int', u: 'uint', f: 'float', c: 'complex' };

/** '<u2' → uint16, '>f4' → big-endian float32, as NumPy prints them; what has no such name in quotes. */
function nameOf(descr: string): string {
  const [, order = '', kind = '', size = ''] = /^([<>|=])([biufc])(\d+)$/.exec(descr) ?? [];
  if (kind === '') return JSON.stringify(descr);
  return `${order === '>' ? 'big-endian ' : ''}${kind === 'b' ? 'bool' : `${KINDS[kind] ?? ''}${Number(size) * 8}`}`;
}

function headerOf(bytes: Uint8Array, what: string): NpyHeader {
  try {
    return readNpyHeader(bytesSource(bytes));
  } catch (cause) {
    if (cause instanceof NpyFault) throw refused(`${what} ${cause.message}`, 'Save the array again with numpy.save.');
    throw cause;
  }
}

function refused(fact: string, remedy: string): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${fact}.`, { remedy });
}
