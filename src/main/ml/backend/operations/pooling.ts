import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { PoolGeometry } from '../ops.ts';
import { poolSides } from './geometry.ts';

type TfNamespace = typeof TF;

/** Below every activation, and finite: −∞ times the zero of a mask is not a number. */
const NEVER_LARGEST = -3.4e38;

/** See `TensorOps.maxPool`. */
export function maxPool(tf: TfNamespace, x: Tensor4D, geometry: PoolGeometry): Tensor4D {
  return tf.maxPool(padded(tf, x, geometry, NEVER_LARGEST), geometry.kernel, geometry.stride, 'valid');
}

/** See `TensorOps.averagePool`. */
export function averagePool(tf: TfNamespace, x: Tensor4D, geometry: PoolGeometry, countPadding: boolean): Tensor4D {
  if (geometry.ceil && countPadding) throw new Error('averagePool: padding is not counted where sizes are rounded up');
  const { kernel, stride } = geometry;
  const means = tf.avgPool(padded(tf, x, geometry, 0), kernel, stride, 'valid');
  if (countPadding) return means;
  const [, height, width] = x.shape;
  const rows = coverage(height, means.shape[1], geometry);
  const columns = coverage(width, means.shape[2], geometry);
  if (rows.every((count) => count === kernel) && columns.every((count) => count === kernel)) return means;
  const factors = rows.flatMap((inRow) => columns.map((inColumn) => kernel ** 2 / (inRow * inColumn)));
  return tf.mul(means, tf.tensor4d(factors, [1, rows.length, columns.length, 1]));
}

/** How many pixels of the input each window holds, in one direction. */
function coverage(input: number, output: number, { kernel, stride, pad }: PoolGeometry): number[] {
  return Array.from({ length: output }, (_, i) => {
    const start = i * stride - pad;
    return Math.min(start + kernel, input) - Math.max(start, 0);
  });
}

function padded(tf: TfNamespace, x: Tensor4D, geometry: PoolGeometry, value: number): Tensor4D {
  const [, height, width] = x.shape;
  const [rows, columns] = [poolSides(height, geometry), poolSides(width, geometry)];
  if ([...rows, ...columns].every((count) => count === 0)) return x;
  return tf.pad(x, [[0, 0], [...rows], [...columns], [0, 0]], value);
}
