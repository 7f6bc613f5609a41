import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { AttentionSpec } from '../ops.ts';

type TfNamespace = typeof TF;

/** x with mean 0 and variance 1 over these axes. */
function standardised<T extends Tensor>(tf: TfNamespace, x: T, axes: number[], epsilon: number): T {
  const centred = tf.sub<T>(x, mean(tf, x, axes));
  const variance = mean(tf, tf.square(centred), axes);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}

/** Over one axis after another: TensorFlow adds what it reduces one by one, so that a sum of half a million numbers would lose two digits. */
function mean<T extends Tensor>(tf: TfNamespace, x: T, axes: readonly number[]): T {
  return axes.reduceRight((reduced, axis) => tf.mean(reduced, axis, true), x);
}

/** See `TensorOps.layerNorm`. */
export function layerNorm<T extends Tensor>(tf: TfNamespace, x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T {
  return tf.add(tf.mul<T>(standardised(tf, x, [x.rank - 1], epsilon), gamma), beta);
}

/** See `TensorOps.groupNorm`. */
export function groupNorm(tf: TfNamespace, x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, groups: number, epsilon: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const byGroup = tf.reshape<TF.Rank.R5>(x, [batch, height, width, groups, channels / groups]);
  const normal = tf.reshape<TF.Rank.R4>(standardised(tf, byGroup, [1, 2, 4], epsilon), [batch, height, width, channels]);
  return tf.add(tf.mul<Tensor4D>(normal, gamma), beta);
}

/** See `TensorOps.gelu`. */
export function gelu<T extends Tensor>(tf: TfNamespace, x: T): T {
  return tf.mul(tf.mul<T>(x, 0.5), tf.add(tf.erf(tf.mul<T>(x, Math.SQRT1_2)), 1));
}

/** See `TensorOps.attend`. */
export function attend(
  tf: TfNamespace,
  qkv: Tensor2D,
  { batch, heads, scale }: AttentionSpec,
  softmax: (scores: Tensor4D) => Tensor4D = (scores) => tf.softmax(scores),
): { attention: Tensor4D; result: Tensor2D } {
  const [rows, width] = qkv.shape;
  const [count, channels] = [rows / batch, width / 3];
  const depth = channels / heads;
  // Queries, keys and values foremost, so that taking them apart copies nothing.
  const byHead = tf.transpose(tf.reshape<TF.Rank.R5>(qkv, [batch, count, 3, heads, depth]), [2, 0, 3, 1, 4]);
  const [q, k, v] = tf.split(tf.reshape<TF.Rank.R4>(byHead, [3 * batch, heads, count, depth]), 3) as [Tensor4D, Tensor4D, Tensor4D];
  // The queries are the smaller operand to scale.
  const attention = softmax(tf.matMul<Tensor4D>(tf.mul<Tensor4D>(q, scale), k, false, true)); // [B, heads, N, N]
  const result = tf.transpose<Tensor4D>(tf.matMul(attention, v), [0, 2, 1, 3]); // [B, N, heads, d]
  return { attention, result: tf.reshape(result, [rows, channels]) };
}
