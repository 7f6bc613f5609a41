import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { PlainConvSpec } from '../ops.ts';
import { convolutionSteps, type ForwardKernel, type RunKernel, type Shape4D } from './convolution-kernels.ts';
import { samePadding } from './geometry.ts';
import { interleaving } from './portable.ts';

/*
 * Gradients of depthwise convolutions that TensorFlow's own kernels compute slowly or, dilated on CPUs, silently wrong: they ignore
 * dilation. All for stride 1. Call under tidy.
 */

type TfNamespace = typeof TF;

/** Of the input: the same convolution with the filter turned by 180 degrees. */
export function byTurnedFilter(
  tf: TfNamespace,
  forward: ForwardKernel,
  inputShape: Shape4D,
  filter: Tensor4D,
  dz: Tensor4D,
  spec: PlainConvSpec,
): Tensor4D {
  const turned = tf.reverse(filter, [0, 1]);
  if (spec.pad === 'same') return forward(dz, turned, spec);
  const [rows, columns] = [(filter.shape[0] - 1) * spec.dilation, (filter.shape[1] - 1) * spec.dilation];
  const padded = tf.pad(dz, [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
  return tf.reshape(forward(padded, turned, { ...spec, pad: 'valid' }), inputShape);
}

/**
 * Of the filter: on each of dilation² interleaved grids the convolution is a plain one, whose kernel is right; grids lie in the batch
 * axis, over which the kernel sums.
 */
export function byInterleaving(tf: TfNamespace, run: RunKernel, x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D {
  const block: [number, number] = [spec.dilation, spec.dilation];
  const { paddings, crops } = interleaving(x.shape, filterShape, spec);
  const grids = tf.spaceToBatchND(x, block, paddings); // [B*d*d, h, w, C]
  const gradientGrids = tf.spaceToBatchND(dz, block, crops); // [B*d*d, h', w', C], zeros where the crop was
  const plain = convolutionSteps({ ...spec, dilation: 1, pad: 'valid' });
  return run('DepthwiseConv2dNativeBackpropFilter', plain, [grids, tf.tensor1d(filterShape, 'int32'), gradientGrids]);
}

/**
 * Of the filter: weight (i, j) of a channel is the input, shifted by (i, j) · dilation, times dz: a convolution of the input whose filter
 * is dz and whose stride is the dilation, each channel of each photo for itself. oneDNN's forward kernel does it in a third of the time.
 */
export function byCorrelation(
  tf: TfNamespace,
  forward: ForwardKernel,
  x: Tensor4D,
  filterShape: Shape4D,
  dz: Tensor4D,
  spec: PlainConvSpec,
): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [, outHeight, outWidth] = dz.shape;
  const [rows, columns] = filterShape;
  const padding = (length: number, kernel: number): [number, number] =>
    spec.pad === 'same' ? [...samePadding(length, kernel, 1, spec.dilation)] : [0, 0];
  const images = tf.reshape<TF.Rank.R4>(tf.transpose(x, [1, 2, 0, 3]), [1, height, width, batch * channels]);
  const padded = tf.pad(images, [[0, 0], padding(height, rows), padding(width, columns), [0, 0]]);
  const filters = tf.reshape<TF.Rank.R4>(tf.transpose(dz, [1, 2, 0, 3]), [outHeight, outWidth, batch * channels, 1]);
  const plain: PlainConvSpec = { kind: 'depthwise', stride: spec.dilation, dilation: 1, pad: 'valid', activation: 'linear' };
  const products = forward(padded, filters, plain); // [1, kh, kw, B*C]
  return tf.reshape(tf.sum(tf.reshape(products, [rows, columns, batch, channels]), 2), filterShape); // [kh, kw, C, 1]
}
