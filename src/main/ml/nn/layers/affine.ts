import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { constant, type Initialiser } from '../initialisers.ts';
import type { Layer, Network } from '../network.ts';
import type { Parameter, ParameterGroup } from '../param-store.ts';

export interface LinearOptions {
  /** Name without `.weight` and `.bias`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly group: ParameterGroup;
  readonly initialiser: Initialiser;
  /** Default linear. */
  readonly activation?: 'linear' | 'gelu';
}

/** activation(x W + b) over the last axis. [..., inputs] -> [..., outputs]. */
export function linear(network: Network, options: LinearOptions): <T extends Tensor>(x: T) => T {
  const { weight, bias } = declareLinear(network, options);
  return (x) => product(network, options, x, weight.variable, bias.variable);
}

function declareLinear({ parameters }: Network, { name, inputs, outputs, group, initialiser }: LinearOptions): { weight: Parameter; bias: Parameter } {
  const shape = [inputs, outputs];
  const common = { group, trainable: true } as const;
  const weight = parameters.declare({ ...common, name: `${name}.weight`, shape, layout: 'linear', role: 'weight', initial: () => initialiser(shape) });
  const bias = parameters.declare({ ...common, name: `${name}.bias`, shape: [outputs], layout: 'vector', role: 'bias', initial: () => constant(0)([outputs]) });
  return { weight, bias };
}

function product<T extends Tensor>({ backend }: Network, { inputs, outputs, activation = 'linear' }: LinearOptions, x: T, weight: Tensor, bias: Tensor): T {
  const { tf, ops } = backend;
  const ofRows = (rows: Tensor2D): Tensor2D => ops.linear(rows, weight as Tensor2D, bias as Tensor1D, activation);
  if (x.rank === 2) return ofRows(x as unknown as Tensor2D) as unknown as T;
  const rows = tf.reshape<Tensor2D['rankType']>(x, [x.size / inputs, inputs]);
  return tf.reshape(ofRows(rows), [...x.shape.slice(0, -1), outputs]) as unknown as T;
}

/** `weight` and `bias` of a layer or group norm, [channels] each. */
function declareAffine(network: Network, name: string, channels: number, group: ParameterGroup): { gamma: Tensor1D; beta: Tensor1D } {
  const vector = (suffix: string, role: Parameter['role'], value: number): Tensor1D =>
    network.parameters.declare({
      name: `${name}.${suffix}`,
      shape: [channels],
      layout: 'vector',
      role,
      group,
      trainable: true,
      initial: () => constant(value)([channels]),
    }).variable as unknown as Tensor1D;
  return { gamma: vector('weight', 'scale', 1), beta: vector('bias', 'shift', 0) };
}

/** Layer norm over the last axis. [..., channels] -> same. */
export function layerNorm(network: Network, name: string, channels: number, epsilon: number, group: ParameterGroup): <T extends Tensor>(x: T) => T {
  const { gamma, beta } = declareAffine(network, name, channels, group);
  return (x) => network.backend.ops.layerNorm(x, gamma, beta, epsilon);
}

/** Group norm and ReLU. [B, H, W, channels] -> same. */
export function groupNormRelu(network: Network, name: string, channels: number, groups: number, group: ParameterGroup): Layer {
  const { ops } = network.backend;
  const { gamma, beta } = declareAffine(network, name, channels, group);
  return (x) => ops.activate(ops.groupNorm(x, gamma, beta, groups, GROUP_NORM_EPSILON), 'relu');
}

const GROUP_NORM_EPSILON = 1e-5;
