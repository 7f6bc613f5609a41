import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, BatchMoments, PlainConvSpec, TensorOps } from '../ops.ts';
import { crossEntropy } from './cross-entropy.ts';
import { einsum } from './einsum.ts';
import { samePadding, tapOverlaps, type SidePadding, type TapOverlap } from './geometry.ts';
import { generalConvolution } from './general-convolution.ts';
import { cumulativeSum, reflectPad } from './gradients-mended.ts';
import { attend, gelu, groupNorm, layerNorm } from './normalisation.ts';
import { averagePool, maxPool } from './pooling.ts';
import { resizeBilinear, scaleBilinear } from './resize.ts';
import { gatherNd, topK } from './selection.ts';

type TfNamespace = typeof TF;

/** Operations composed of tfjs ops whose gradients are right everywhere: for webgpu and cpu, and the second computation in tests. */
export function portableOps(tf: TfNamespace): TensorOps {
  return {
    convolve: generalConvolution(tf, (x, filter, bias, spec) => {
      const linear = spec.dilation === 1 ? convolveDense(tf, x, filter, spec) : convolveDilated(tf, x, filter, spec);
      return activate(tf, bias === null ? linear : tf.add<Tensor4D>(linear, bias), spec.activation);
    }),
    batchNormTraining: (x, gamma, beta, epsilon, activation, observe) => {
      const linear = batchNorm(tf, x, gamma, beta, epsilon, observe);
      return activate(tf, linear, activation);
    },
    activate: (x, activation) => activate(tf, x, activation),
    addActivated: (a, b, activation) => activate(tf, tf.add<Tensor4D>(a, b), activation),
    scale: (x, factor, shift, activation) => activate(tf, tf.add<Tensor4D>(tf.mul(x, factor), shift), activation),
    linear: (x, weight, bias, activation) => {
      const product = tf.add<Tensor2D>(tf.matMul(x, weight), bias);
      return activation === 'gelu' ? gelu(tf, product) : product;
    },
    crossEntropy: (logits, labels, weights) => crossEntropy(tf, logits, labels, weights),
    resizeBilinear: (x, size, alignCorners, part) => resizeBilinear(tf, x, size, alignCorners, part),
    scaleBilinear: (x, factor) => scaleBilinear(tf, x, factor),
    maxPool: (x, geometry) => maxPool(tf, x, geometry),
    averagePool: (x, geometry, countPadding) => averagePool(tf, x, geometry, countPadding),
    layerNorm: (x, gamma, beta, epsilon) => layerNorm(tf, x, gamma, beta, epsilon),
    groupNorm: (x, gamma, beta, groups, epsilon) => groupNorm(tf, x, gamma, beta, groups, epsilon),
    gelu: (x) => gelu(tf, x),
    attend: (qkv, spec) => attend(tf, qkv, spec),
    reflectPad: (x, pad) => reflectPad(tf, x, pad),
    cumulativeSum: (x, axis) => cumulativeSum(tf, x, axis),
    gatherNd: (x, places) => gatherNd(tf, x, places),
    einsum: (equation, operands) => einsum(tf, equation, operands),
    topK: (x, k) => topK(tf, x, k),
  };
}

function activate(tf: TfNamespace, x: Tensor4D, activation: Activation): Tensor4D {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
  }
}

function convolveDense(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: Pick<PlainConvSpec, 'kind' | 'stride' | 'pad'>): Tensor4D {
  return spec.kind === 'dense' ? tf.conv2d(x, filter, spec.stride, spec.pad) : tf.depthwiseConv2d(x, filter, spec.stride, spec.pad);
}

/** Dilation from which adding up taps is the faster way: dilation² grids would be tiny ones, and most taps read padding alone. */
const ADDED_TAPS_DILATION = 6;

/** Exact either way, and every piece has a right gradient. */
function convolveDilated(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: PlainConvSpec): Tensor4D {
  const byTap = spec.kind === 'dense' && spec.pad === 'same' && spec.dilation >= ADDED_TAPS_DILATION;
  return byTap ? convolveByTap(tf, x, filter, spec) : convolveInterleaved(tf, x, filter, spec);
}

/** The sum over taps of a 1 × 1 convolution of the part of the picture that the tap sees, put where its results belong. */
function convolveByTap(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: PlainConvSpec): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns, , outputs] = filter.shape;
  const parts: Tensor4D[] = [];
  const around = (length: number, overlap: TapOverlap): [number, number] => [overlap.output, length - overlap.length - overlap.output];
  for (const [row, down] of tapOverlaps(height, rows, spec).entries()) {
    for (const [column, along] of tapOverlaps(width, columns, spec).entries()) {
      if (down.length === 0 || along.length === 0) continue;
      const seen = tf.slice(x, [0, down.input, along.input, 0], [batch, down.length, along.length, channels]);
      const tap = tf.slice(filter, [row, column, 0, 0], [1, 1, channels, outputs]);
      parts.push(tf.pad(tf.conv2d(seen, tap, 1, 'valid'), [[0, 0], around(height, down), around(width, along), [0, 0]]));
    }
  }
  return tf.addN(parts);
}

/** A dilated convolution is a plain one on each of dilation² interleaved grids. */
function convolveInterleaved(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: PlainConvSpec): Tensor4D {
  const { paddings, crops } = interleaving(x.shape, filter.shape, spec);
  const grids = tf.spaceToBatchND(x, [spec.dilation, spec.dilation], paddings); // [B*d*d, h, w, Cin]
  const filtered = convolveDense(tf, grids, filter, { kind: spec.kind, stride: 1, pad: 'valid' });
  return tf.batchToSpaceND(filtered, [spec.dilation, spec.dilation], crops); // [B, H', W', Cout]
}

/** Paddings that make both sides multiples of the dilation, and the crops that undo what was added for that. */
export function interleaving(
  inputShape: readonly number[],
  filterShape: readonly number[],
  spec: Pick<PlainConvSpec, 'dilation' | 'pad' | 'stride'>,
): { paddings: [number, number][]; crops: [number, number][] } {
  if (spec.stride !== 1) throw new Error(`convolve: stride ${spec.stride} with dilation ${spec.dilation}; one of them must be 1`);
  const paddings: [number, number][] = [];
  const crops: [number, number][] = [];
  for (const axis of [0, 1]) {
    const input = inputShape[axis + 1] ?? 0;
    const kernel = filterShape[axis] ?? 0;
    const [before, after]: SidePadding = spec.pad === 'same' ? samePadding(input, kernel, 1, spec.dilation) : [0, 0];
    const padded = input + before + after;
    const extra = (spec.dilation - (padded % spec.dilation)) % spec.dilation;
    paddings.push([before, after + extra]);
    crops.push([0, extra]);
  }
  return { paddings, crops };
}

function batchNorm(
  tf: TfNamespace,
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
  observe: (moments: BatchMoments) => void,
): Tensor4D {
  const [batch, height, width] = x.shape;
  const count = batch * height * width;
  const mean = tf.mean<Tensor1D>(x, [0, 1, 2]); // [C]
  const centred = tf.sub<Tensor4D>(x, mean);
  const variance = tf.mean<Tensor1D>(tf.square(centred), [0, 1, 2]); // [C], biased
  tf.tidy(() => {
    observe({ mean, variance: tf.mul(variance, count / Math.max(count - 1, 1)) });
  });
  const scale = tf.mul<Tensor1D>(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(centred, scale), beta);
}
