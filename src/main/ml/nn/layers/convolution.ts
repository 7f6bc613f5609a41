import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, ConvSpec } from '../../backend/ops.ts';
import { constant, type Initialiser } from '../initialisers.ts';
import type { Network } from '../network.ts';
import type { ParameterGroup } from '../param-store.ts';

export interface ConvolutionOptions {
  /** Name without `.weight` and `.bias`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly pad: ConvSpec['pad'];
  readonly bias: boolean;
  readonly activation: Activation;
  readonly group: ParameterGroup;
  readonly initialiser: Initialiser;
}

/** Convolution and activation, without a norm. [B, H, W, inputs] -> [B, H/stride, W/stride, outputs]. */
export function convolution(network: Network, options: ConvolutionOptions): (x: Tensor4D) => Tensor4D {
  const { ops } = network.backend;
  const { kernel, inputs, outputs, group } = options;
  const shape = [kernel, kernel, inputs, outputs];
  const filter = network.parameters.declare({
    name: `${options.name}.weight`,
    shape,
    layout: 'convolution',
    role: 'weight',
    group,
    trainable: true,
    initial: () => options.initialiser(shape),
  });
  const bias = options.bias
    ? network.parameters.declare({
        name: `${options.name}.bias`,
        shape: [outputs],
        layout: 'vector',
        role: 'bias',
        group,
        trainable: true,
        initial: () => constant(0)([outputs]),
      })
    : null;
  const spec: ConvSpec = {
    kind: 'dense',
    stride: options.stride ?? 1,
    dilation: options.dilation ?? 1,
    pad: options.pad,
    activation: options.activation,
  };
  return (x) => ops.convolve(x, filter.variable as unknown as Tensor4D, (bias?.variable ?? null) as unknown as Tensor1D | null, spec);
}
