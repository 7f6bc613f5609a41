import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Network, Pass } from '../network.ts';

/**
 * Drops whole channels of each sample with this probability and scales the others up (torch Dropout2d). [B, H, W, C] -> same.
 * Chance is drawn in plain code, so that every engine drops the same channels.
 */
export function channelDropout(network: Network, x: Tensor4D, rate: number, pass: Pass): Tensor4D {
  const { random } = pass;
  if (random === null || rate === 0) return x;
  const { tf } = network.backend;
  const [batch, , , channels] = x.shape;
  const kept = Float32Array.from({ length: batch * channels }, () => (random.unit() < rate ? 0 : 1 / (1 - rate)));
  return tf.mul(x, tf.tensor4d(kept, [batch, 1, 1, channels]));
}

/** Drops single numbers (torch Dropout). Any shape -> same. */
export function dropout<T extends Tensor>(network: Network, x: T, rate: number, pass: Pass): T {
  const { random } = pass;
  if (random === null || rate === 0) return x;
  const { tf } = network.backend;
  const kept = Float32Array.from({ length: x.size }, () => (random.unit() < rate ? 0 : 1 / (1 - rate)));
  return tf.mul(x, tf.tensor(kept, x.shape));
}
