import { basename } from 'node:path';
import type { HostTensor } from '../nn/host-tensor.ts';
import { withReferenceNames, type NamedFile } from './layouts/reference-names.ts';
import { openWeights } from './open-weights.ts';
import type { StoredType } from './stored-type.ts';

export interface ReadWeights extends Pick<NamedFile, 'layout' | 'leftOut'> {
  /** By the reference's names. */
  readonly tensors: Map<string, HostTensor>;
  /** Those that were rounded to float32, and their types. */
  readonly rounded: ReadonlyMap<string, StoredType>;
}

/**
 * Tensors of a weights file of any format as float32, by the reference's names, and what became of those that it has not.
 * @param stripPrefix what to take from the file's names first
 * @throws PenumbraError FILE_MISSING, WEIGHTS_MALFORMED, WEIGHTS_UNSAFE; BAD_REQUEST for a prefix that no name has
 */
export function readNamedWeights(path: string, stripPrefix?: string): ReadWeights {
  using opened = openWeights(path);
  const { tensors: stored, layout, leftOut } = withReferenceNames(opened, basename(path), stripPrefix);
  const tensors = new Map<string, HostTensor>();
  const rounded = new Map<string, StoredType>();
  for (const [name, tensor] of stored) {
    const { values, isRounded } = tensor.float32();
    tensors.set(name, { shape: tensor.shape, values });
    if (isRounded) rounded.set(name, tensor.type);
  }
  return { tensors, rounded, layout, leftOut };
}

/** The tensors alone. @throws PenumbraError as `readNamedWeights` */
export function readWeights(path: string): Map<string, HostTensor> {
  return readNamedWeights(path).tensors;
}
