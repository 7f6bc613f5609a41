import type { Tensor4D } from '@tensorflow/tfjs-core';
import { kaimingNormal } from '../initialisers.ts';
import { channelDropout, convNorm, pointwise, type ConvNormOptions, type Layer, type Network, type Pass } from '../layers.ts';
import type { Random } from '../../random/random.ts';

export interface DeepLabV3PlusOptions {
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
  readonly random: Random;
}

/** deep [B, H/OS, W/OS, inputs] and lowLevel [B, H/4, W/4, lowLevelInputs] -> class logits [B, H/4, W/4, classes]. */
export type DeepLabV3Plus = (deep: Tensor4D, lowLevel: Tensor4D, pass: Pass) => Tensor4D;

const RATES_AT_16 = [6, 12, 18] as const;

/**
 * DeepLabV3+ (Chen et al. 2018), head `classifier.*` named as VainF's `network/_deeplab.py`, with the paper's depthwise-separable
 * 3 × 3 convolutions (§3.2: depthwise, then 1 × 1) in ASPP and decoder. Every convolution has batch norm and ReLU.
 */
export function deepLabV3Plus(network: Network, options: DeepLabV3PlusOptions): DeepLabV3Plus {
  const { tf, ops } = network.backend;
  const { channels } = options;
  const lowLevelChannels = options.lowLevelChannels ?? 48;
  const build = layerBuilder(network, options.random);

  const project = build.dense('classifier.project', options.lowLevelInputs, lowLevelChannels);
  const rates = RATES_AT_16.map((rate) => (rate * 16) / options.outputStride);
  const branches = [
    build.dense('classifier.aspp.convs.0', options.inputs, channels),
    ...rates.map((rate, i) => build.separable(`classifier.aspp.convs.${i + 1}`, options.inputs, channels, rate)),
  ];
  const imagePooling = build.dense(`classifier.aspp.convs.${branches.length}`, options.inputs, channels);
  const merge = build.dense('classifier.aspp.project', channels * (branches.length + 1), channels);
  const decode = build.separable('classifier.classifier.0', channels + lowLevelChannels, channels, 1);
  const classify = pointwise(network, {
    name: 'classifier.classifier.3',
    inputs: channels,
    outputs: options.classes,
    bias: true,
    initialiser: kaimingNormal(options.random),
  });

  const aspp = (deep: Tensor4D, pass: Pass): Tensor4D => {
    const [batch, height, width] = deep.shape;
    const pooled = imagePooling(tf.mean<Tensor4D>(deep, [1, 2], true), pass); // [B, 1, 1, channels]
    const spread = tf.mul<Tensor4D>(pooled, tf.ones([batch, height, width, 1]));
    const context = tf.concat([...branches.map((branch) => branch(deep, pass)), spread], 3); // [B, h, w, 5*channels]
    return channelDropout(network, merge(context, pass), options.dropout, pass);
  };

  return (deep, lowLevel, pass) => {
    const [, height, width] = lowLevel.shape;
    const up = ops.resizeBilinear(aspp(deep, pass), [height, width], false); // [B, H/4, W/4, channels]
    const joined = tf.concat([project(lowLevel, pass), up], 3);
    return classify(decode(joined, pass)); // [B, H/4, W/4, classes]
  };
}

interface LayerBuilder {
  dense(name: string, inputs: number, outputs: number): Layer;
  separable(name: string, inputs: number, outputs: number, dilation: number): Layer;
}

/** Layers of the head: torch's batch norm (eps 1e-5, momentum 0.1), ReLU. */
function layerBuilder(network: Network, random: Random): LayerBuilder {
  const shared: Pick<ConvNormOptions, 'activation' | 'group' | 'trainable' | 'statistics' | 'epsilon' | 'momentum' | 'initialiser'> = {
    activation: 'relu',
    group: 'head',
    trainable: true,
    statistics: 'batch',
    epsilon: 1e-5,
    momentum: 0.1,
    initialiser: kaimingNormal(random),
  };
  const dense = (name: string, inputs: number, outputs: number): Layer =>
    convNorm(network, { ...shared, filter: `${name}.0`, norm: `${name}.1`, kind: 'dense', inputs, outputs, kernel: 1 });
  return {
    dense,
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
      const mix = dense(`${name}.pointwise`, inputs, outputs);
      return (x, pass) => mix(depthwise(x, pass), pass);
    },
  };
}
