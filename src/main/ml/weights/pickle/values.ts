import type { StoredType } from '../stored-type.ts';

/** What a restricted pickle can hold: plain data and the few torch and NumPy objects that weights and CAMs are made of. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleTuple
  | PickleSet
  | PickleGlobal
  | OpaqueObject
  | StorageReference
  | TensorReference
  | NumpyType
  | NumpyArray;

/** A Python tuple; lists are arrays. */
export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PickleSet {
  readonly kind: 'set';
  readonly items: PickleValue[];
}

/** A name from the allow-list: never looked up, only compared. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** An object of a class that checkpoints carry and no reader here needs, such as `argparse.Namespace`. Its contents are dropped. */
export interface OpaqueObject {
  readonly kind: 'opaque object';
  readonly name: string;
}

/** A block of numbers that lies elsewhere in the file, or, in NumPy files, in the pickle itself. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly key: string;
  /** null: untyped, counted in bytes; the tensor says what they are. */
  readonly type: StoredType | null;
  /** In elements. */
  readonly length: number;
  readonly inline: Uint8Array | null;
}

/** A view on a storage. Offsets and strides in elements. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly type: StoredType;
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** numpy.dtype; BUILD sets its byte order. */
export interface NumpyType {
  readonly kind: 'numpy.dtype';
  /** Such as `f4`, or `O8` for objects. */
  readonly code: string;
  isBigEndian: boolean;
}

/** numpy.ndarray; BUILD fills it. */
export interface NumpyArray {
  readonly kind: 'numpy array';
  content: NumpyContent | null;
}

export interface NumpyContent {
  readonly dtype: NumpyType;
  readonly shape: readonly number[];
  readonly isFortran: boolean;
  /** Bytes of numbers, or the objects of an array of objects. */
  readonly data: Uint8Array | readonly PickleValue[];
}

export function tuple(items: readonly PickleValue[]): PickleTuple {
  return { kind: 'tuple', items };
}

export function isKind<K extends Extract<PickleValue, { kind: string }>['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

/** How an error names a value. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value !== 'object') return String(value);
  if (value instanceof Map) return 'a dict';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'a list';
  return value.kind === 'global' || value.kind === 'opaque object' ? value.name : `a ${value.kind}`;
}
