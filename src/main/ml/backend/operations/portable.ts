import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, BatchMoments, ConvSpec, TensorOps } from '../ops.ts';
import { samePadding, type SidePadding } from './geometry.ts';
import { resizeBilinear } from './resize.ts';

type TfNamespace = typeof TF;

/** Operations composed of tfjs ops whose gradients are right everywhere: for webgpu and cpu, and the second computation in tests. */
export function portableOps(tf: TfNamespace): TensorOps {
  return {
    convolve: (x, filter, bias, spec) => {
      const linear = spec.dilation === 1 ? convolveDense(tf, x, filter, spec) : convolveDilated(tf, x, filter, spec);
      return activate(tf, bias === null ? linear : tf.add<Tensor4D>(linear, bias), spec.activation);
    },
    batchNormTraining: (x, gamma, beta, epsilon, activation, observe) => {
      const linear = batchNorm(tf, x, gamma, beta, epsilon, observe);
      return activate(tf, linear, activation);
    },
    activate: (x, activation) => activate(tf, x, activation),
    resizeBilinear: (x, size, alignCorners) => resizeBilinear(tf, x, size, alignCorners),
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

function convolveDense(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: Pick<ConvSpec, 'kind' | 'stride' | 'pad'>): Tensor4D {
  return spec.kind === 'dense' ? tf.conv2d(x, filter, spec.stride, spec.pad) : tf.depthwiseConv2d(x, filter, spec.stride, spec.pad);
}

/** A dilated convolution is a plain one on each of dilation² interleaved grids. Exact, and every piece has a right gradient. */
function convolveDilated(tf: TfNamespace, x: Tensor4D, filter: Tensor4D, spec: ConvSpec): Tensor4D {
  const { paddings, crops } = interleaving(x.shape, filter.shape, spec);
  const grids = tf.spaceToBatchND(x, [spec.dilation, spec.dilation], paddings); // [B*d*d, h, w, Cin]
  const filtered = convolveDense(tf, grids, filter, { kind: spec.kind, stride: 1, pad: 'valid' });
  return tf.batchToSpaceND(filtered, [spec.dilation, spec.dilation], crops); // [B, H', W', Cout]
}

/** Paddings that make both sides multiples of the dilation, and the crops that undo what was added for that. */
export function interleaving(
  inputShape: readonly number[],
  filterShape: readonly number[],
  spec: Pick<ConvSpec, 'dilation' | 'pad' | 'stride'>,
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
