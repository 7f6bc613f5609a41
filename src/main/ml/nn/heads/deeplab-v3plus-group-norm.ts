import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../random/random.ts';
import { kaimingNormal } from '../initialisers.ts';
import { groupNormRelu } from '../layers/affine.ts';
import { convolution } from '../layers/convolution.ts';
import { dropout } from '../layers/dropout.ts';
import type { Layer, Network, Pass } from '../network.ts';
import { atrousPyramid } from './aspp.ts';

export interface GroupNormDecoderOptions {
  readonly inputs: number;
  readonly lowLevelInputs: number;
  /** Background included. */
  readonly classes: number;
  /** 16 published; 8 doubles the pyramid's rates. */
  readonly outputStride: 8 | 16;
  /** 1: as published (dropout 0.5 after the pyramid and the first decoder convolution, 0.1 after the second); 0: none. */
  readonly dropoutFactor: number;
  readonly random: Random;
}

const CHANNELS = 256;
const LOW_LEVEL_CHANNELS = 48;
const GROUPS = 4;
const RATES_AT_16 = [6, 12, 18] as const;

/**
 * Puzzle-CAM's DeepLabV3+ (core/deeplab_utils.py), `aspp.*` and `decoder.*`: group norm of 4 groups, corners aligned.
 * deep [B, H/OS, W/OS, inputs] and lowLevel [B, H/4, W/4, lowLevelInputs] -> class logits [B, H/4, W/4, classes].
 */
export function groupNormDeepLab(network: Network, options: GroupNormDecoderOptions): (deep: Tensor4D, lowLevel: Tensor4D, pass: Pass) => Tensor4D {
  const { tf, ops } = network.backend;
  const initialiser = kaimingNormal(options.random);
  const convolve = (name: string, inputs: number, outputs: number, kernel: number, dilation = 1, bias = false): Layer =>
    convolution(network, { name, inputs, outputs, kernel, dilation, pad: 'symmetric', bias, activation: 'linear', group: 'head', initialiser });
  const normed = (filter: string, norm: string, inputs: number, outputs: number, kernel: number, dilation = 1): Layer => {
    const convolved = convolve(filter, inputs, outputs, kernel, dilation);
    const normalise = groupNormRelu(network, norm, outputs, GROUPS, 'head');
    return (x, pass) => normalise(convolved(x, pass), pass);
  };
  const dropped = (layer: Layer, rate: number): Layer => (x, pass) => dropout(network, layer(x, pass), rate * options.dropoutFactor, pass);

  const branches = [1, ...RATES_AT_16.map((rate) => (rate * 16) / options.outputStride)].map((rate, i) =>
    normed(`aspp.aspp${i + 1}.atrous_conv`, `aspp.aspp${i + 1}.bn`, options.inputs, CHANNELS, i === 0 ? 1 : 3, rate),
  );
  const imagePooling = normed('aspp.global_avg_pool.1', 'aspp.global_avg_pool.2', options.inputs, CHANNELS, 1);
  const merge = normed('aspp.conv1', 'aspp.bn1', CHANNELS * (branches.length + 1), CHANNELS, 1);
  const aspp = atrousPyramid(tf, branches, imagePooling, dropped(merge, 0.5));
  const project = normed('decoder.conv1', 'decoder.bn1', options.lowLevelInputs, LOW_LEVEL_CHANNELS, 1);
  const first = dropped(normed('decoder.classifier.0', 'decoder.classifier.1', CHANNELS + LOW_LEVEL_CHANNELS, CHANNELS, 3), 0.5);
  const second = dropped(normed('decoder.classifier.4', 'decoder.classifier.5', CHANNELS, CHANNELS, 3), 0.1);
  const classify = convolve('decoder.classifier.8', CHANNELS, options.classes, 1, 1, true);

  return (deep, lowLevel, pass) => {
    const [, height, width] = lowLevel.shape;
    const up = ops.resizeBilinear(aspp(deep, pass), [height, width], true);
    const joined = tf.concat([up, project(lowLevel, pass)], 3);
    return classify(second(first(joined, pass), pass), pass);
  };
}
