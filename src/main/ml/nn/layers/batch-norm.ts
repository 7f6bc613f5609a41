import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, NormTensors } from '../../backend/ops.ts';
import { constant } from '../initialisers.ts';
import type { Layer, Network } from '../network.ts';
import type { Parameter, ParameterGroup } from '../param-store.ts';

export interface NormOptions {
  readonly group: ParameterGroup;
  readonly trainable: boolean;
  /** Whether scale and shift learn. Default: as `trainable`. */
  readonly affine?: boolean;
  /** frozen: always the running statistics; batch: those of the batch while training, with running averages kept. */
  readonly statistics: 'frozen' | 'batch';
  readonly epsilon: number;
  /** Weight of the new batch in the running averages, as torch counts. */
  readonly momentum: number;
}

export type NormParameters = Readonly<Record<'scale' | 'shift' | 'mean' | 'variance', Parameter>>;

/** `weight`, `bias`, `running_mean`, `running_var` of one batch norm, [channels] each. */
export function declareBatchNorm(network: Network, name: string, channels: number, options: NormOptions): NormParameters {
  const affine = options.affine ?? options.trainable;
  const vector = (suffix: string, role: Parameter['role'], value: number): Parameter =>
    network.parameters.declare({
      name: `${name}.${suffix}`,
      shape: [channels],
      layout: 'vector',
      role,
      group: options.group,
      trainable: affine && role !== 'statistic',
      followsBatches: role === 'statistic' && options.statistics === 'batch',
      initial: () => constant(value)([channels]),
    });
  return {
    scale: vector('weight', 'scale', 1),
    shift: vector('bias', 'shift', 0),
    mean: vector('running_mean', 'statistic', 0),
    variance: vector('running_var', 'statistic', 1),
  };
}

/** The same as tensors. */
export function normTensors({ scale, shift, mean, variance }: NormParameters): NormTensors {
  return { scale: scale.variable as Tensor1D, shift: shift.variable as Tensor1D, mean: mean.variable as Tensor1D, variance: variance.variable as Tensor1D };
}

/** What the norm with running statistics comes to: norm(x + bias) = x · factor + shift, [C] each. */
export function foldingOf(
  tf: typeof TF,
  { scale, shift, mean, variance }: NormParameters,
  epsilon: number,
  bias: Tensor1D | null = null,
): { factor: Tensor1D; shift: Tensor1D } {
  const factor = tf.mul<Tensor1D>(scale.variable, tf.rsqrt(tf.add(variance.variable, epsilon)));
  const centre = bias === null ? mean.variable : tf.sub<Tensor1D>(mean.variable, bias);
  return { factor, shift: tf.sub(shift.variable, tf.mul(centre, factor)) };
}

/** The norm with the moments of this batch, which go into the running averages. */
export function batchNorm(network: Network, x: Tensor4D, norm: NormParameters, options: NormOptions, activation: Activation): Tensor4D {
  const { tf, ops } = network.backend;
  const { scale, shift, mean, variance } = norm;
  const { momentum, epsilon } = options;
  return ops.batchNormTraining(x, scale.variable as Tensor1D, shift.variable as Tensor1D, epsilon, activation, (moments) => {
    mean.variable.assign(tf.add(tf.mul(mean.variable, 1 - momentum), tf.mul(moments.mean, momentum)));
    variance.variable.assign(tf.add(tf.mul(variance.variable, 1 - momentum), tf.mul(moments.variance, momentum)));
  });
}

/** A batch norm that stands by itself, with its activation, as networks that normalise before they convolve have it. */
export function batchNormLayer(network: Network, name: string, channels: number, options: NormOptions, activation: Activation): Layer {
  const { tf, ops } = network.backend;
  const norm = declareBatchNorm(network, name, channels, options);
  return (x, pass) => {
    if (pass.random !== null && options.statistics === 'batch') return batchNorm(network, x, norm, options, activation);
    if (ops.batchNormRunning !== undefined) return ops.batchNormRunning(x, normTensors(norm), options.epsilon, activation);
    const { factor, shift } = foldingOf(tf, norm, options.epsilon);
    return ops.scale(x, factor, shift, activation);
  };
}
