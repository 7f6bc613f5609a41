import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../random/random.ts';
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
  return tf.mul(x, tf.tensor4d(keptShares(batch * channels, rate, random), [batch, 1, 1, channels]));
}

/** Drops single numbers (torch Dropout). Any shape -> same. */
export function dropout<T extends Tensor>(network: Network, x: T, rate: number, pass: Pass): T {
  const { random } = pass;
  if (random === null || rate === 0) return x;
  const { tf } = network.backend;
  return tf.mul(x, tf.tensor(keptShares(x.size, rate, random), x.shape));
}

/** What each number is multiplied by: 0 where it is dropped. A million a step are drawn, hence the plain loop. */
function keptShares(count: number, rate: number, random: Random): Float32Array {
  const shares = new Float32Array(count);
  const kept = 1 / (1 - rate);
  for (let at = 0; at < count; at += 1) if (random.unit() >= rate) shares[at] = kept;
  return shares;
}
