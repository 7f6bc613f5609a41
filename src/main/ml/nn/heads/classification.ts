import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../random/random.ts';
import { kaimingNormal } from '../initialisers.ts';
import { linear } from '../layers/affine.ts';
import type { Network } from '../network.ts';

export interface ClassificationHeadOptions {
  /** `fc` or `_fc`, as the reference says. */
  readonly name: string;
  readonly inputs: number;
  readonly classes: number;
  readonly random: Random;
}

/** Mean over pixels, then a linear layer with bias, as ImageNet classifiers end. [B, h, w, inputs] -> [B, classes]. */
export function classificationHead(network: Network, options: ClassificationHeadOptions): (features: Tensor4D) => Tensor2D {
  const { tf } = network.backend;
  const { name, inputs, classes } = options;
  const classify = linear(network, { name, inputs, outputs: classes, group: 'head', initialiser: kaimingNormal(options.random) });
  return (features) => classify(tf.mean<Tensor2D>(features, [1, 2]));
}
