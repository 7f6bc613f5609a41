import { malformed } from '../malformed.ts';
import { count, counts } from './arguments.ts';
import { describe, isKind, type NumpyArray, type NumpyType, type PickleValue } from './values.ts';

/** numpy.dtype('f4', False, True) */
export function numpyType([code]: readonly PickleValue[], file: string): NumpyType {
  if (typeof code !== 'string' || !/^[a-zA-Z][0-9]{0,4}$/.test(code)) throw malformed(file, `names the NumPy type ${describe(code)}; expected one such as "f4"`);
  return { kind: 'numpy.dtype', code, isBigEndian: false };
}

/** numpy's _reconstruct(ndarray, (0,), b'b'): an empty array, which BUILD fills. */
export function emptyNumpyArray([arrayClass]: readonly PickleValue[], file: string): NumpyArray {
  if (!isKind(arrayClass, 'global') || arrayClass.name !== 'numpy.ndarray') throw malformed(file, `builds a NumPy array of ${describe(arrayClass)}; expected numpy.ndarray`);
  return { kind: 'numpy array', content: null };
}

/** numpy's scalar(dtype, bytes), as an array without axes. */
export function numpyScalar([dtype, data]: readonly PickleValue[], file: string): NumpyArray {
  if (!isKind(dtype, 'numpy.dtype') || !(data instanceof Uint8Array)) throw malformed(file, `builds a NumPy scalar from ${describe(dtype)} and ${describe(data)}`);
  return { kind: 'numpy array', content: { dtype, shape: [], isFortran: false, data } };
}

/** (version, byte order, subtype, names, fields, …) */
export function buildNumpyType(target: NumpyType, items: readonly PickleValue[], file: string): void {
  const [, order, subtype, names, fields] = items;
  if (typeof order !== 'string' || !['<', '>', '|', '='].includes(order)) throw malformed(file, `a NumPy type has byte order ${describe(order)}`);
  for (const item of [subtype, names, fields]) if (item !== null && item !== undefined) throw malformed(file, 'a NumPy type has fields; only plain numbers are read');
  target.isBigEndian = order === '>';
}

/** (version, shape, dtype, Fortran order, bytes or list of objects) */
export function buildNumpyArray(target: NumpyArray, items: readonly PickleValue[], file: string): void {
  const [version, size, dtype, isFortran, data] = items;
  count(version, 'version of a NumPy array', file);
  const shape = counts(size, 'shape of a NumPy array', file);
  if (!isKind(dtype, 'numpy.dtype') || typeof isFortran !== 'boolean') throw malformed(file, `a NumPy array has type ${describe(dtype)} and order ${describe(isFortran)}`);
  if (!(data instanceof Uint8Array) && !Array.isArray(data)) throw malformed(file, `a NumPy array has ${describe(data)} for data; expected bytes or a list`);
  target.content = { dtype, shape, isFortran, data };
}
