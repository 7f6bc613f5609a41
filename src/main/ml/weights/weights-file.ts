import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor } from '../nn/host-tensor.ts';
import { decodeNumbers } from './numbers.ts';
import type { StoredType } from './stored-type.ts';

/** A tensor as a file holds it. Nothing is read before it is asked for. */
export class StoredTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly #read: () => Uint8Array;
  readonly #file: string;
  readonly #key: string;

  /** @param read gives the elements row-major and little-endian; each call reads anew */
  constructor(about: { readonly file: string; readonly key: string; readonly type: StoredType; readonly shape: readonly number[] }, read: () => Uint8Array) {
    this.type = about.type;
    this.shape = about.shape;
    this.#file = about.file;
    this.#key = about.key;
    this.#read = read;
  }

  /** The elements' bits, row-major and little-endian. May be a view; don't write to it. */
  bytes(): Uint8Array {
    return this.#read();
  }

  /** The elements as numbers, exactly: float32 where that can be, else float64. @throws PenumbraError WEIGHTS_MALFORMED */
  values(): Float32Array | Float64Array {
    return decodeNumbers(this.#read(), this.type, this.#file, this.#key);
  }

  /** The elements as the networks take them, and whether any was rounded. @throws PenumbraError WEIGHTS_MALFORMED for a finite one beyond float32 */
  float32(): { readonly values: Float32Array; readonly isRounded: boolean } {
    const exact = this.values();
    if (exact instanceof Float32Array) return { values: exact, isRounded: false };
    const values = Float32Array.from(exact);
    let isRounded = false;
    for (let i = 0; i < exact.length; i += 1) {
      const [before = 0, after = 0] = [exact[i], values[i]];
      if (Number.isFinite(before) && !Number.isFinite(after)) throw beyondFloat32(this.#file, this.#key, this.type, before, i);
      isRounded ||= before !== after && !Number.isNaN(before);
    }
    return { values, isRounded };
  }
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** A weights file of any format, opened. */
export interface WeightsFile {
  /** For people, such as "PyTorch (zip)". */
  readonly format: string;
  readonly tensors: StoredTensors;
  /** Texts that stand beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What else the file holds and no reader here takes, by key: counters, optimiser states, texts. */
  readonly others: ReadonlyMap<string, string>;
}

/** The same tensors as the networks take them: float32. @throws PenumbraError WEIGHTS_MALFORMED */
export function toHostTensors(tensors: StoredTensors): Map<string, HostTensor> {
  return new Map(
    [...tensors].map(([name, tensor]): [string, HostTensor] => [name, { shape: tensor.shape, values: tensor.float32().values }]),
  );
}

function beyondFloat32(file: string, key: string, type: StoredType, value: number, position: number): PenumbraError {
  return new PenumbraError('WEIGHTS_MALFORMED', `${file}: tensor "${key}" of ${type} holds ${value} at position ${position}; expected numbers within ±3.4e38, which float32, the type that networks compute in, can hold.`, {
    remedy: 'Look at this number where the file was made. Nothing of it was used.',
    details: { file, key, type, position, found: String(value) },
  });
}
