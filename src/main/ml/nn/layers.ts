import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import type { Activation, ConvSpec } from '../backend/ops.ts';
import type { Random } from '../random/random.ts';
import { constant, type Initialiser } from './initialisers.ts';
import type { Parameter, ParameterGroup, ParamStore } from './param-store.ts';

/** Where layers declare their parameters and find their operations. */
export interface Network {
  readonly backend: TensorBackend;
  readonly parameters: ParamStore;
}

/** How a pass runs. `random` feeds dropout; a pass without it is inference: running statistics, no dropout. */
export interface Pass {
  readonly random: Random | null;
}

export const INFERENCE: Pass = { random: null };

export type Layer = (x: Tensor4D, pass: Pass) => Tensor4D;

export interface ConvNormOptions {
  /** Names without `.weight`, `.bias`, `.running_mean`, `.running_var`. */
  readonly filter: string;
  readonly norm: string;
  readonly kind: ConvSpec['kind'];
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly activation: Activation;
  readonly group: ParameterGroup;
  readonly trainable: boolean;
  /** frozen: always the running statistics; batch: those of the batch while training, with running averages kept. */
  readonly statistics: 'frozen' | 'batch';
  readonly epsilon: number;
  /** Weight of the new batch in the running averages, as torch counts. */
  readonly momentum: number;
  readonly initialiser: Initialiser;
}

/**
 * Convolution without bias, batch norm, activation; TensorFlow SAME padding. [B, H, W, inputs] -> [B, H/stride, W/stride, outputs].
 * With running statistics the norm is folded into the filter, so its cost vanishes: conv(x, f·s) + (shift − mean·s), s = scale /
 * sqrt(var + eps).
 */
export function convNorm(network: Network, options: ConvNormOptions): Layer {
  const { backend } = network;
  const { tf, ops } = backend;
  const { filter, scale, shift, mean, variance } = declareConvNorm(network, options);
  const spec: ConvSpec = {
    kind: options.kind,
    stride: options.stride ?? 1,
    dilation: options.dilation ?? 1,
    pad: 'same',
    activation: options.activation,
  };

  const fold = (): [Tensor4D, Tensor1D] => {
    const factor = tf.mul<Tensor1D>(scale.variable, tf.rsqrt(tf.add(variance.variable, options.epsilon))); // [Cout]
    const bias = tf.sub<Tensor1D>(shift.variable, tf.mul(mean.variable, factor));
    const perOutput = options.kind === 'dense' ? factor : tf.reshape(factor, [options.outputs, 1]);
    return [tf.mul(filter.variable, perOutput), bias];
  };
  // A layer of which nothing ever changes is folded once.
  const fixed = !options.trainable && options.statistics === 'frozen';

  const folded = (x: Tensor4D): Tensor4D => {
    const [folding, bias] = fixed ? network.parameters.derived(options.filter, fold) : fold();
    return ops.convolve(x, folding, bias, spec);
  };

  const withBatchStatistics = (x: Tensor4D): Tensor4D => {
    const z = ops.convolve(x, filter.variable as unknown as Tensor4D, null, { ...spec, activation: 'linear' });
    return ops.batchNormTraining(
      z,
      scale.variable as Tensor1D,
      shift.variable as Tensor1D,
      options.epsilon,
      options.activation,
      (moments) => {
        mean.variable.assign(tf.add(tf.mul(mean.variable, 1 - options.momentum), tf.mul(moments.mean, options.momentum)));
        variance.variable.assign(tf.add(tf.mul(variance.variable, 1 - options.momentum), tf.mul(moments.variance, options.momentum)));
      },
    );
  };

  return (x, pass) => (pass.random !== null && options.statistics === 'batch' ? withBatchStatistics(x) : folded(x));
}

function declareConvNorm(
  network: Network,
  options: ConvNormOptions,
): Record<'filter' | 'scale' | 'shift' | 'mean' | 'variance', Parameter> {
  const { parameters } = network;
  const { group, trainable, outputs } = options;
  const shape = [options.kernel, options.kernel, options.inputs, options.kind === 'dense' ? outputs : 1];
  const filter = parameters.declare({
    name: `${options.filter}.weight`,
    shape,
    layout: options.kind === 'dense' ? 'convolution' : 'depthwise',
    role: 'weight',
    group,
    trainable,
    initial: () => options.initialiser(shape),
  });
  const vector = (name: string, role: Parameter['role'], value: number): Parameter =>
    parameters.declare({
      name: `${options.norm}.${name}`,
      shape: [outputs],
      layout: 'vector',
      role,
      group,
      trainable: trainable && role !== 'statistic',
      initial: () => constant(value)([outputs]),
    });
  return {
    filter,
    scale: vector('weight', 'scale', 1),
    shift: vector('bias', 'shift', 0),
    mean: vector('running_mean', 'statistic', 0),
    variance: vector('running_var', 'statistic', 1),
  };
}

export interface PointwiseOptions {
  /** Name without `.weight` and `.bias`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly initialiser: Initialiser;
}

/** 1 × 1 convolution, linear, of the head group. [B, H, W, inputs] -> [B, H, W, outputs]. */
export function pointwise(network: Network, options: PointwiseOptions): (x: Tensor4D) => Tensor4D {
  const { ops } = network.backend;
  const shape = [1, 1, options.inputs, options.outputs];
  const common = { group: 'head', trainable: true } as const;
  const filter = network.parameters.declare({
    ...common,
    name: `${options.name}.weight`,
    shape,
    layout: 'convolution',
    role: 'weight',
    initial: () => options.initialiser(shape),
  });
  const bias = options.bias
    ? network.parameters.declare({
        ...common,
        name: `${options.name}.bias`,
        shape: [options.outputs],
        layout: 'vector',
        role: 'bias',
        initial: () => constant(0)([options.outputs]),
      })
    : null;
  const spec: ConvSpec = { kind: 'dense', stride: 1, dilation: 1, pad: 'same', activation: 'linear' };
  return (x) => ops.convolve(x, filter.variable as unknown as Tensor4D, (bias?.variable ?? null) as unknown as Tensor1D | null, spec);
}

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
