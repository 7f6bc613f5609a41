import { basename } from 'node:path';
import type { HostTensor } from '../nn/host-tensor.ts';
import { withReferenceNames } from './mxnet/resnet38-names.ts';
import { openWeights } from './open-weights.ts';
import { toHostTensors } from './weights-file.ts';

/**
 * Tensors of a weights file of any format as float32, by the reference's names.
 * @throws PenumbraError FILE_MISSING, WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function readWeights(path: string): Map<string, HostTensor> {
  using opened = openWeights(path);
  return toHostTensors(withReferenceNames(opened, basename(path)).tensors);
}
