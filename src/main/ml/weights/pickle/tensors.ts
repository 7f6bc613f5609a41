import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from '../malformed.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { denseStrides, elementCount, gathered, isDense, lastElement } from '../strided.ts';
import { StoredTensor } from '../weights-file.ts';
import { describe, isKind, type NumpyContent, type PickleValue, type TensorReference } from './values.ts';

/** NumPy's type codes without byte order. */
const NUMPY_TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u8', 'U64'],
  ['u4', 'U32'],
  ['u2', 'U16'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
]);

/** NumPy's type of elements here, or undefined when it is none of numbers. */
export function fromNumpyType(code: string): StoredType | undefined {
  return NUMPY_TYPES.get(code);
}

interface StorageRange {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
}

export interface TensorContext {
  readonly file: string;
  /** Storages of the file by key. */
  readonly storages: ReadonlyMap<string, StorageRange>;
}

/** A torch tensor or NumPy array of numbers as a stored tensor; null when the value is something else. @throws PenumbraError WEIGHTS_MALFORMED */
export function storedTensor(key: string, value: PickleValue, context: TensorContext): StoredTensor | null {
  if (isKind(value, 'tensor')) return torchTensor(key, value, context);
  if (!isKind(value, 'numpy array') || value.content === null) return null;
  return numpyTensor(key, value.content, context.file);
}

function torchTensor(key: string, tensor: TensorReference, { file, storages }: TensorContext): StoredTensor {
  const { type, storage, offset, shape, strides } = tensor;
  const size = STORED_BYTES[type];
  const range = storage.inline === null ? storages.get(storage.key) : { source: { byteLength: 0, read: inlineRead(storage.inline) }, start: 0, end: storage.inline.byteLength };
  if (range === undefined) throw malformed(file, `tensor "${key}" lies on storage "${storage.key}", which the file lacks`, { key });
  const declaredBytes = storage.length * (storage.type === null ? 1 : STORED_BYTES[storage.type]);
  if (range.end - range.start !== declaredBytes) {
    throw malformed(file, `storage "${storage.key}" of tensor "${key}" has ${range.end - range.start} bytes; expected ${declaredBytes}`, {
      key,
      expected: declaredBytes,
      found: range.end - range.start,
    });
  }
  const held = Math.floor(declaredBytes / size);
  const elements = elementCount(shape);
  // Axes beyond 2^53 beside one of 0 make NaN.
  if (!(elements <= held)) throw malformed(file, `tensor "${key}" has ${elements} elements on a storage of ${held}`, { key, expected: held, found: elements });
  const about = { file, key, type, shape };
  if (elements === 0) return new StoredTensor(about, () => new Uint8Array(0));
  const last = lastElement(tensor);
  if (!Number.isSafeInteger(last) || last >= held) {
    throw malformed(file, `tensor "${key}" reaches element ${last} of a storage of ${held}`, { key, expected: held, found: last });
  }
  // Reads only the stretch that the tensor touches.
  const read = (): Uint8Array => range.source.read(range.start + offset * size, range.start + (last + 1) * size);
  return new StoredTensor(about, isDense({ shape, strides }) ? read : () => gathered(read(), size, { shape, strides }));
}

function inlineRead(bytes: Uint8Array): ByteSource['read'] {
  return (start, end) => bytes.subarray(start, end);
}

function numpyTensor(key: string, content: NumpyContent, file: string): StoredTensor | null {
  const { dtype, shape, isFortran, data } = content;
  const type = fromNumpyType(dtype.code);
  if (type === undefined || !(data instanceof Uint8Array)) return null;
  const expected = elementCount(shape) * STORED_BYTES[type];
  if (data.byteLength !== expected)
    throw malformed(file, `array "${key}" of shape (${shape.join(', ')}) has ${data.byteLength} bytes; expected ${expected}`, { key, expected, found: data.byteLength });
  return new StoredTensor({ file, key, type, shape }, () => inOrder(data, { type, shape, isFortran, isBigEndian: dtype.isBigEndian }));
}

/** NumPy's bytes row-major and little-endian. */
export function inOrder(
  data: Uint8Array,
  { type, shape, isFortran, isBigEndian }: { type: StoredType; shape: readonly number[]; isFortran: boolean; isBigEndian: boolean },
): Uint8Array {
  const size = STORED_BYTES[type];
  const little = isBigEndian ? swapped(data, size) : data;
  return isFortran && shape.length > 1 && !shape.includes(0) ? gathered(little, size, { shape, strides: denseStrides(shape, true) }) : little;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) result[at] = bytes[at - (at % size) + size - 1 - (at % size)] ?? 0;
  return result;
}

/** What stands in a dict beside its tensors, as text for people. */
export function otherValue(value: PickleValue): string {
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isKind(value, 'numpy array')) return `a NumPy array of type ${value.content?.dtype.code ?? 'unknown'}`;
  return describe(value);
}
