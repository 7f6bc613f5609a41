import type { Activation } from '../../backend/ops.ts';
import type { Random } from '../../random/random.ts';
import { kaimingNormal } from '../initialisers.ts';
import type { Layer, Network } from '../network.ts';
import type { ParameterGroup } from '../param-store.ts';
import { batchNormLayer, type NormOptions } from './batch-norm.ts';
import { convNorm } from './conv-norm.ts';
import { convolution } from './convolution.ts';

/**
 * What batch norms do in training. batch: moments of the batch; frozen-statistics: running moments, scale and shift learn; frozen: nothing
 * of them learns.
 */
export type NormMode = 'batch' | 'frozen-statistics' | 'frozen';

/** What all layers of one part of a network share. */
export interface BuilderOptions {
  readonly group: ParameterGroup;
  readonly norm: NormMode;
  readonly random: Random;
  /** Default 1e-5 and 0.1, as torch's. */
  readonly epsilon?: number;
  readonly momentum?: number;
}

export interface ConvShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** Layers as torch's networks have them: symmetric padding, He's initial values. */
export interface Builder {
  /** Convolution without bias unless asked for, batch norm, activation. */
  convNorm(filter: string, norm: string, shape: ConvShape, activation: Activation, bias?: boolean): Layer;
  convolve(name: string, shape: ConvShape, bias: boolean, activation: Activation): Layer;
  norm(name: string, channels: number, activation: Activation): Layer;
}

export function builder(network: Network, options: BuilderOptions): Builder {
  const { group, random } = options;
  const initialiser = kaimingNormal(random);
  const norms: NormOptions = {
    group,
    trainable: true,
    affine: options.norm !== 'frozen',
    statistics: options.norm === 'batch' ? 'batch' : 'frozen',
    epsilon: options.epsilon ?? 1e-5,
    momentum: options.momentum ?? 0.1,
  };
  return {
    convNorm: (filter, norm, shape, activation, bias = false) =>
      convNorm(network, { ...norms, ...shape, filter, norm, kind: 'dense', pad: 'symmetric', activation, bias, initialiser }),
    convolve: (name, shape, bias, activation) => convolution(network, { ...shape, name, bias, activation, pad: 'symmetric', group, initialiser }),
    norm: (name, channels, activation) => batchNormLayer(network, name, channels, norms, activation),
  };
}
