import type { HostTensor } from '../nn/host-tensor.ts';

/** Element types that weight files use here, by safetensors' names. */
export type StoredType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export const STORED_BYTES: Readonly<Record<StoredType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor as a file holds it, row-major. Types that float32 can't hold exactly come as float64. */
export interface StoredTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** The same tensors as the networks take them: float32. */
export function toHostTensors(tensors: StoredTensors): Map<string, HostTensor> {
  return new Map(
    [...tensors].map(([name, { shape, values }]): [string, HostTensor] => [
      name,
      { shape, values: values instanceof Float32Array ? values : Float32Array.from(values) },
    ]),
  );
}
