import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { constant, xavierUniform } from '../initialisers.ts';
import { convolution } from '../layers/convolution.ts';
import { channelDropout } from '../layers/dropout.ts';
import type { Network, Pass } from '../network.ts';
import type { Random } from '../../random/random.ts';

export interface CamHeadOptions {
  /** psa's `fc8` unless given; Puzzle-CAM's is `classifier`. */
  readonly name?: string;
  readonly inputs: number;
  readonly classes: number;
  /** Probability of dropping a whole channel before the head while training (psa: 0.5). */
  readonly dropout: number;
  /**
   * null: Xavier filters, no bias, as psa. Else a bias on the logits starts here, [classes], and the filters at zero. The class maps never have the bias.
   */
  readonly initialBias: readonly number[] | null;
  readonly random: Random;
}

export interface CamHead {
  /** Class logits: the mean of the class maps. features [B, h, w, inputs] -> [B, classes]. */
  logits(features: Tensor4D, pass: Pass): Tensor2D;
  /** Class maps before any ReLU: [B, h, w, inputs] -> [B, h, w, classes]. */
  maps(features: Tensor4D): Tensor4D;
}

/** 1 × 1 convolution without bias (psa resnet38_cls.py, methods/cam.md §0). The mean over pixels commutes with it. */
export function camHead(network: Network, options: CamHeadOptions): CamHead {
  const { tf } = network.backend;
  const { inputs, classes } = options;
  const initialiser = options.initialBias === null ? xavierUniform(options.random) : constant(0);
  const name = options.name ?? 'fc8';
  const maps = convolution(network, { name, inputs, outputs: classes, kernel: 1, pad: 'same', bias: false, activation: 'linear', group: 'head', initialiser });
  const bias =
    options.initialBias === null
      ? null
      : network.parameters.declare({
          name: `${name}.bias`,
          shape: [classes],
          layout: 'vector',
          role: 'bias',
          group: 'head',
          trainable: true,
          initial: () => Float32Array.from(options.initialBias ?? []),
        });
  return {
    logits: (features, pass) => {
      // The mean first: the same number as the mean of the maps, at a fraction of the cost.
      const pooled = tf.mean<Tensor4D>(features, [1, 2], true); // [B, 1, 1, inputs]
      const scores = maps(channelDropout(network, pooled, options.dropout, pass)); // [B, 1, 1, classes]
      const logits: Tensor2D = tf.reshape(scores, [features.shape[0], classes]);
      return bias === null ? logits : tf.add(logits, bias.variable);
    },
    maps,
  };
}
