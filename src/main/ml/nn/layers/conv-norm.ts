import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, ConvSpec } from '../../backend/ops.ts';
import { constant, type Initialiser } from '../initialisers.ts';
import type { Layer, Network } from '../network.ts';
import type { Parameter } from '../param-store.ts';
import { batchNorm, declareBatchNorm, foldingOf, normTensors, type NormOptions } from './batch-norm.ts';

export interface ConvNormOptions extends NormOptions {
  /** Names without `.weight`, `.bias`, `.running_mean`, `.running_var`. */
  readonly filter: string;
  readonly norm: string;
  readonly kind: ConvSpec['kind'];
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  /** Default `same`, TensorFlow's rule. */
  readonly pad?: ConvSpec['pad'];
  readonly groups?: number;
  readonly activation: Activation;
  readonly initialiser: Initialiser;
  /** Whether the convolution has a bias of its own, as ResNeSt's attention has. Default no. */
  readonly bias?: boolean;
}

/**
 * Convolution, batch norm, activation. [B, H, W, inputs] -> [B, H/stride, W/stride, outputs].
 * With running statistics the norm is folded into the filter, so its cost vanishes: conv(x, f·s) + (shift + (bias − mean)·s),
 * s = scale / sqrt(var + eps).
 */
export function convNorm(network: Network, options: ConvNormOptions): Layer {
  const { backend } = network;
  const { tf, ops } = backend;
  const { filter, bias } = declareConvolution(network, options);
  const norm = declareBatchNorm(network, options.norm, options.outputs, options);
  const spec: ConvSpec = {
    kind: options.kind,
    stride: options.stride ?? 1,
    dilation: options.dilation ?? 1,
    pad: options.pad ?? 'same',
    groups: options.groups ?? 1,
    activation: options.activation,
  };
  const weights = filter.variable as unknown as Tensor4D;
  const offset = (bias?.variable ?? null) as unknown as Tensor1D | null;

  const fold = (): [Tensor4D, Tensor1D] => {
    const { factor, shift } = foldingOf(tf, norm, options.epsilon, offset);
    const perOutput = options.kind === 'dense' ? factor : tf.reshape(factor, [options.outputs, 1]);
    return [tf.mul(weights, perOutput), shift];
  };
  // A layer of which nothing ever changes is folded once.
  const fixed = options.statistics === 'frozen' && [filter, bias, norm.scale, norm.shift].every((parameter) => parameter?.trainable !== true);

  const folded: Layer = (x) => {
    if (ops.batchNormRunning !== undefined) {
      const linear = ops.convolve(x, weights, offset, { ...spec, activation: 'linear' });
      return ops.batchNormRunning(linear, normTensors(norm), options.epsilon, options.activation);
    }
    if (network.parameters.forInference) {
      // The filter must be read after it is folded.
      const beside = network.parameters.fold(filter, fold);
      return ops.convolve(x, weights, beside, spec);
    }
    const [folding, shift] = fixed ? network.parameters.derived(options.filter, fold) : fold();
    return ops.convolve(x, folding, shift, spec);
  };
  const withBatchStatistics: Layer = (x) =>
    batchNorm(network, ops.convolve(x, weights, offset, { ...spec, activation: 'linear' }), norm, options, options.activation);

  return (x, pass) => (pass.random !== null && options.statistics === 'batch' ? withBatchStatistics : folded)(x, pass);
}

function declareConvolution(network: Network, options: ConvNormOptions): { filter: Parameter; bias: Parameter | null } {
  const { group, trainable, outputs } = options;
  const shape = [options.kernel, options.kernel, options.inputs / (options.groups ?? 1), options.kind === 'dense' ? outputs : 1];
  const filter = network.parameters.declare({
    name: `${options.filter}.weight`,
    shape,
    layout: options.kind === 'dense' ? 'convolution' : 'depthwise',
    role: 'weight',
    group,
    trainable,
    initial: () => options.initialiser(shape),
  });
  if (options.bias !== true) return { filter, bias: null };
  const bias = network.parameters.declare({
    name: `${options.filter}.bias`,
    shape: [outputs],
    layout: 'vector',
    role: 'bias',
    group,
    trainable,
    initial: () => constant(0)([outputs]),
  });
  return { filter, bias };
}
