import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

type TfNamespace = typeof TF;

/** x with mean 0 and variance 1 over these axes. */
function standardised<T extends Tensor>(tf: TfNamespace, x: T, axes: number[], epsilon: number): T {
  const centred = tf.sub<T>(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}

/** See `TensorOps.layerNorm`. */
export function layerNorm<T extends Tensor>(tf: TfNamespace, x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T {
  return tf.add(tf.mul<T>(standardised(tf, x, [x.rank - 1], epsilon), gamma), beta);
}

/** See `TensorOps.groupNorm`. */
export function groupNorm(tf: TfNamespace, x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, groups: number, epsilon: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const byGroup = tf.reshape<TF.Rank.R4>(x, [batch, height * width, groups, channels / groups]);
  const normal = tf.reshape<TF.Rank.R4>(standardised(tf, byGroup, [1, 3], epsilon), [batch, height, width, channels]);
  return tf.add(tf.mul<Tensor4D>(normal, gamma), beta);
}

/** See `TensorOps.gelu`. */
export function gelu<T extends Tensor>(tf: TfNamespace, x: T): T {
  return tf.mul(tf.mul<T>(x, 0.5), tf.add(tf.erf(tf.mul<T>(x, Math.SQRT1_2)), 1));
}

/** See `TensorOps.attend`. */
export function attend(tf: TfNamespace, q: Tensor4D, k: Tensor4D, v: Tensor4D, scale: number): { attention: Tensor4D; result: Tensor4D } {
  const [batch, heads, count, depth] = q.shape;
  const flat = (x: Tensor4D): Tensor3D => tf.reshape(x, [batch * heads, x.shape[2], depth]);
  // The queries are the smaller operand to scale.
  const scores = tf.matMul<Tensor3D>(tf.mul<Tensor3D>(flat(q), scale), flat(k), false, true); // [B*heads, N, N]
  const attention = tf.softmax(scores);
  const result = tf.matMul<Tensor3D>(attention, flat(v)); // [B*heads, N, d]
  return {
    attention: tf.reshape(attention, [batch, heads, count, k.shape[2]]),
    result: tf.reshape(result, [batch, heads, count, depth]),
  };
}
