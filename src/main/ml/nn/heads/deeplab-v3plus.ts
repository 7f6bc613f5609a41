import type { Tensor4D } from '@tensorflow/tfjs-core';
import { kaimingNormal } from '../initialisers.ts';
import type { NormMode } from '../layers/builder.ts';
import { convNorm, type ConvNormOptions } from '../layers/conv-norm.ts';
import { convolution } from '../layers/convolution.ts';
import { channelDropout, dropout } from '../layers/dropout.ts';
import type { Layer, Network, Pass } from '../network.ts';
import type { Random } from '../../random/random.ts';
import { atrousPyramid } from './aspp.ts';

export interface DeepLabV3PlusOptions {
  /**
   * separable: the paper's depthwise-separable 3 × 3 convolutions (§3.2: depthwise, then 1 × 1), and whole channels dropped; dense: VainF's
   * plain ones, and single numbers dropped.
   */
  readonly convolutions: 'separable' | 'dense';
  /** Channels of the deep features and of those at stride 4. */
  readonly inputs: number;
  readonly lowLevelInputs: number;
  /** Background included. */
  readonly classes: number;
  /** Width of ASPP and decoder: 256 published, 128 in `quick`. */
  readonly channels: number;
  /** Width the stride-4 features are reduced to: 48 published. */
  readonly lowLevelChannels?: number;
  /** 16: ASPP rates 6, 12, 18; 8: twice that. */
  readonly outputStride: 8 | 16;
  /** Probability of dropping a channel after the ASPP while training. */
  readonly dropout: number;
  /** Default `batch`. */
  readonly norm?: NormMode;
  readonly random: Random;
}

/** deep [B, H/OS, W/OS, inputs] and lowLevel [B, H/4, W/4, lowLevelInputs] -> class logits [B, H/4, W/4, classes]. */
export type DeepLabV3Plus = (deep: Tensor4D, lowLevel: Tensor4D, pass: Pass) => Tensor4D;

const RATES_AT_16 = [6, 12, 18] as const;

/**
 * DeepLabV3+ (Chen et al. 2018), head `classifier.*` named as VainF's `network/_deeplab.py`. Every convolution has batch norm and ReLU.
 */
export function deepLabV3Plus(network: Network, options: DeepLabV3PlusOptions): DeepLabV3Plus {
  const { tf, ops } = network.backend;
  const { channels } = options;
  const lowLevelChannels = options.lowLevelChannels ?? 48;
  const build = layerBuilder(network, options);
  const separable = options.convolutions === 'separable';
  const wide = separable ? build.separable : build.dense;

  const project = build.pointwise('classifier.project', options.lowLevelInputs, lowLevelChannels);
  const rates = RATES_AT_16.map((rate) => (rate * 16) / options.outputStride);
  const branches = [
    build.pointwise('classifier.aspp.convs.0', options.inputs, channels),
    ...rates.map((rate, i) => wide(`classifier.aspp.convs.${i + 1}`, options.inputs, channels, rate)),
  ];
  // In VainF's list the pooling itself is number 0.
  const imagePooling = build.pointwise(`classifier.aspp.convs.${branches.length}`, options.inputs, channels, separable ? 0 : 1);
  const merge = build.pointwise('classifier.aspp.project', channels * (branches.length + 1), channels);
  const decode = wide('classifier.classifier.0', channels + lowLevelChannels, channels, 1, 'classifier.classifier');
  const classify = convolution(network, {
    name: 'classifier.classifier.3',
    inputs: channels,
    outputs: options.classes,
    kernel: 1,
    pad: 'same',
    bias: true,
    activation: 'linear',
    group: 'head',
    initialiser: kaimingNormal(options.random),
  });

  const drop = separable ? channelDropout : dropout<Tensor4D>;
  const aspp = atrousPyramid(tf, branches, imagePooling, (context, pass) => drop(network, merge(context, pass), options.dropout, pass));

  return (deep, lowLevel, pass) => {
    const [, height, width] = lowLevel.shape;
    const up = ops.resizeBilinear(aspp(deep, pass), [height, width], false); // [B, H/4, W/4, channels]
    const joined = tf.concat([project(lowLevel, pass), up], 3);
    return classify(decode(joined, pass)); // [B, H/4, W/4, classes]
  };
}

/** A 3 × 3 layer; `parent` is the list that holds a dense one, where it has no list of its own. */
type WideLayer = (name: string, inputs: number, outputs: number, dilation: number, parent?: string) => Layer;

interface LayerBuilder {
  /** @param first place of the convolution in the list of this name; its norm is next */
  pointwise(name: string, inputs: number, outputs: number, first?: number): Layer;
  readonly dense: WideLayer;
  readonly separable: WideLayer;
}

/** Layers of the head: torch's batch norm (eps 1e-5, momentum 0.1), ReLU. */
function layerBuilder(network: Network, { random, norm = 'batch' }: DeepLabV3PlusOptions): LayerBuilder {
  const shared: Pick<ConvNormOptions, 'activation' | 'group' | 'trainable' | 'affine' | 'statistics' | 'epsilon' | 'momentum' | 'initialiser'> = {
    activation: 'relu',
    group: 'head',
    trainable: true,
    affine: norm !== 'frozen',
    statistics: norm === 'batch' ? 'batch' : 'frozen',
    epsilon: 1e-5,
    momentum: 0.1,
    initialiser: kaimingNormal(random),
  };
  const pointwise = (name: string, inputs: number, outputs: number, first = 0): Layer =>
    convNorm(network, { ...shared, filter: `${name}.${first}`, norm: `${name}.${first + 1}`, kind: 'dense', inputs, outputs, kernel: 1 });
  return {
    pointwise,
    dense: (name, inputs, outputs, dilation, parent = name) =>
      convNorm(network, { ...shared, filter: `${parent}.0`, norm: `${parent}.1`, kind: 'dense', inputs, outputs, kernel: 3, dilation }),
    separable: (name, inputs, outputs, dilation) => {
      const depthwise = convNorm(network, {
        ...shared,
        filter: `${name}.depthwise.0`,
        norm: `${name}.depthwise.1`,
        kind: 'depthwise',
        inputs,
        outputs: inputs,
        kernel: 3,
        dilation,
      });
      const mix = pointwise(`${name}.pointwise`, inputs, outputs);
      return (x, pass) => mix(depthwise(x, pass), pass);
    },
  };
}
