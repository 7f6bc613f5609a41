import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/* Picking out of a tensor, by way of the plain gather of whole rows: the one such operation that tfjs differentiates rightly on every engine. */

type TfNamespace = typeof TF;

/** See `TensorOps.gatherNd`. */
export function gatherNd(tf: TfNamespace, x: Tensor, places: Tensor): Tensor {
  const depth = places.shape.at(-1) ?? 0;
  if (places.rank < 1 || depth < 1 || depth > x.rank) throw new Error(`gatherNd: places of shape [${places.shape.join(', ')}] in a tensor of ${x.rank} axes`);
  const [axes, rest] = [x.shape.slice(0, depth), x.shape.slice(depth)];
  const strides = axes.map((_, axis) => product(axes.slice(axis + 1)));
  const rows = tf.sum(tf.mul(tf.reshape(places, [-1, depth]), tf.tensor1d(strides, 'int32')), 1); // [P]
  const picked = tf.gather(tf.reshape(x, [product(axes), product(rest)]), rows); // [P, rest]
  return tf.reshape(picked, [...places.shape.slice(0, -1), ...rest]);
}

/** See `TensorOps.topK`. */
export function topK<T extends Tensor>(tf: TfNamespace, x: T, k: number): { values: T; indices: T } {
  const width = x.shape.at(-1) ?? 0;
  if (x.rank < 1 || k < 1 || k > width) throw new Error(`topK: ${k} of each row of [${x.shape.join(', ')}]`);
  // An operation of no inputs, as far as the tape knows: which ones are largest has no slope.
  const indices = tf.customGrad(() => ({ value: tf.topk(x, k).indices, gradFunc: () => [] }))();
  const count = x.size / width;
  const starts = tf.mul(tf.range(0, count, 1, 'int32'), tf.scalar(width, 'int32'));
  const flat = tf.add(tf.reshape(indices, [count, k]), tf.expandDims(starts, 1)); // [rows, k]
  const values = tf.gather(tf.reshape(x, [x.size]), tf.reshape<TF.Rank.R1>(flat, [count * k]));
  return { values: tf.reshape<TF.Rank>(values, indices.shape) as T, indices: indices };
}

function product(counts: readonly number[]): number {
  return counts.reduce((total, count) => total * count, 1);
}
