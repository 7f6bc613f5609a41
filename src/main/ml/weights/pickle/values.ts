import type { StoredType } from '../weights-file.ts';

/** What a restricted pickle can hold: plain data and the few torch objects that a state dict is made of. */
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
  | StorageReference
  | TensorReference;

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

/** A block of numbers that lies elsewhere in the file. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: StoredType;
  /** In elements. */
  readonly length: number;
}

/** A view on a storage. Offsets and strides in elements. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
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
  return value.kind === 'global' ? value.name : `a ${value.kind}`;
}
