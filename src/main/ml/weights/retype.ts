import { PenumbraError } from '#shared/errors.ts';
import type { StoredType } from './stored-type.ts';
import type { StoredTensor } from './weights-file.ts';

export interface RetypeOptions {
  readonly file: string;
  /** The format that wants it, for errors. */
  readonly target: string;
  /** Round what float32 cannot hold exactly instead of refusing it. */
  readonly roundToFloat32: boolean;
}

/**
 * A tensor's elements as another type, row-major and little-endian.
 * @throws PenumbraError WEIGHTS_MISMATCH when one does not fit
 */
export function retypedBytes(key: string, tensor: StoredTensor, to: StoredType, options: RetypeOptions): Uint8Array {
  if (to === tensor.type) return tensor.bytes();
  const values = tensor.values();
  // Float32 of a narrower type is taken as it is: copying a NaN as a number may change its bits.
  const result = to !== 'F32' ? Int32Array.from(values) : values instanceof Float32Array ? values : Float32Array.from(values);
  const mayRound = to === 'F32' && options.roundToFloat32;
  const lost = values.findIndex((value, index) => {
    const after = result[index] ?? 0;
    // Rounding may take digits, but makes no infinity of a number.
    if (mayRound) return Number.isFinite(value) && !Number.isFinite(after);
    return !Object.is(value === 0 ? 0 : value, after === 0 ? 0 : after);
  });
  if (lost >= 0) throw doesNotFit(key, tensor, to, values[lost] ?? 0, options);
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
}

function doesNotFit(key: string, { type }: StoredTensor, to: StoredType, value: number, { file, target }: RetypeOptions): PenumbraError {
  const remedy = to === 'F32' && Number.isFinite(Math.fround(value)) ? 'Add --round-float32 to round such values, or convert to safetensors, which holds every type.' : 'Convert to safetensors, which holds every type.';
  return new PenumbraError('WEIGHTS_MISMATCH', `${file}: tensor "${key}" of ${type} holds ${value}, which ${to}, the type that ${target} has for it, can't hold.`, {
    remedy,
    details: { file, key, expected: to, found: String(value) },
  });
}
