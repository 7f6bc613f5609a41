import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/* Operations whose gradient tfjs lacks or gets wrong, made of those whose gradients are right. */

type TfNamespace = typeof TF;

/** See `TensorOps.reflectPad`. tfjs' mirrorPad hands back the inner part of the gradient alone. */
export function reflectPad(tf: TfNamespace, x: Tensor4D, pad: number): Tensor4D {
  return mirrored(tf, mirrored(tf, x, 1, pad), 2, pad);
}

function mirrored(tf: TfNamespace, x: Tensor4D, axis: 1 | 2, pad: number): Tensor4D {
  if (pad === 0) return x;
  const length = x.shape[axis];
  if (pad >= length) throw new Error(`reflectPad: ${pad} pixels beside ${length}; at most ${length - 1}`);
  const from = (start: number): Tensor4D => {
    const begin = [0, 0, 0, 0];
    const size = [...x.shape];
    begin[axis] = start;
    size[axis] = pad;
    return tf.reverse(tf.slice<TF.Rank.R4, Tensor4D>(x, begin as [number, number, number, number], size as [number, number, number, number]), axis);
  };
  return tf.concat([from(1), x, from(length - 1 - pad)], axis);
}

/**
 * See `TensorOps.cumulativeSum`. A product with a triangle of ones: tfjs' cumsum gives wrong sums on webgpu, and on every engine no right
 * gradient along inner axes.
 */
export function cumulativeSum<T extends Tensor>(tf: TfNamespace, x: T, axis: number): T {
  const last = x.rank - 1;
  const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const turned = axis === last ? x : tf.transpose(x, order);
  const length = x.shape[axis] ?? 0;
  const triangle = Float32Array.from({ length: length * length }, (_, i) => (Math.floor(i / length) <= i % length ? 1 : 0));
  const rows = tf.reshape<TF.Rank.R2>(turned, [x.size / length, length]);
  const sums = tf.reshape(tf.matMul(rows, tf.tensor2d(triangle, [length, length])), turned.shape);
  return (axis === last ? sums : tf.transpose(sums, order)) as T;
}
