import type { StoredType } from './stored-type.ts';

/** A tensor to be written: `bytes` gives its elements, row-major and little-endian, when its turn comes. */
export interface WritableTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  bytes(): Uint8Array;
}

export type WritableTensors = ReadonlyMap<string, WritableTensor>;
