import { basename } from 'node:path';
import type { HostTensor } from '../nn/host-tensor.ts';
import { withReferenceNames, type NamedFile } from './layouts/reference-names.ts';
import { openWeights } from './open-weights.ts';
import { toHostTensors } from './weights-file.ts';

export interface ReadWeights extends Pick<NamedFile, 'layout' | 'leftOut'> {
  /** By the reference's names. */
  readonly tensors: Map<string, HostTensor>;
}

/**
 * Tensors of a weights file of any format as float32, by the reference's names, and what became of those that it has not.
 * @throws PenumbraError FILE_MISSING, WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function readNamedWeights(path: string): ReadWeights {
  using opened = openWeights(path);
  const { tensors, layout, leftOut } = withReferenceNames(opened, basename(path));
  return { tensors: toHostTensors(tensors), layout, leftOut };
}

/** The tensors alone. @throws PenumbraError as `readNamedWeights` */
export function readWeights(path: string): Map<string, HostTensor> {
  return readNamedWeights(path).tensors;
}
