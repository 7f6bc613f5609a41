import type { Tensor4D } from '@tensorflow/tfjs-core';
import { builder, type BuilderOptions } from '../layers/builder.ts';
import { dropout } from '../layers/dropout.ts';
import type { Layer, Network } from '../network.ts';
import { atrousPyramid } from './aspp.ts';

export interface DeepLabV3Options extends BuilderOptions {
  readonly inputs: number;
  /** Background included. */
  readonly classes: number;
  /** After the pyramid: 0.5 published. */
  readonly dropout: number;
}

const CHANNELS = 256;
/** torchvision's at output stride 8, whatever the backbone's. */
const RATES: readonly number[] = [12, 24, 36];

/**
 * torchvision's DeepLabV3 head, `classifier.*`. [B, h, w, inputs] -> class logits [B, h, w, classes].
 * @param options.rates default torchvision's, whatever the output stride
 */
export function deepLabV3(network: Network, options: DeepLabV3Options & { readonly rates: readonly number[] | undefined }): Layer {
  const { tf } = network.backend;
  const build = builder(network, options);
  const { inputs } = options;
  const wide = (dilation: number) => ({ inputs, outputs: CHANNELS, kernel: 3, dilation });
  const narrow = (from: number) => ({ inputs: from, outputs: CHANNELS, kernel: 1 });
  const convs = 'classifier.0.convs';
  const branches = [
    build.convNorm(`${convs}.0.0`, `${convs}.0.1`, narrow(inputs), 'relu'),
    ...(options.rates ?? RATES).map((rate, i) => build.convNorm(`${convs}.${i + 1}.0`, `${convs}.${i + 1}.1`, wide(rate), 'relu')),
  ];
  const imagePooling = build.convNorm(`${convs}.4.1`, `${convs}.4.2`, narrow(inputs), 'relu');
  const merge = build.convNorm('classifier.0.project.0', 'classifier.0.project.1', narrow(CHANNELS * (branches.length + 1)), 'relu');
  const decode = build.convNorm('classifier.1', 'classifier.2', { inputs: CHANNELS, outputs: CHANNELS, kernel: 3 }, 'relu');
  const classify = build.convolve('classifier.4', { inputs: CHANNELS, outputs: options.classes, kernel: 1 }, true, 'linear');
  const aspp = atrousPyramid(tf, branches, imagePooling, (x, pass) => dropout(network, merge(x, pass), options.dropout, pass));
  return (x, pass) => classify(decode(aspp(x, pass), pass), pass);
}

/** torchvision's auxiliary head on the stage before the last, `aux_classifier.*`. [B, h, w, inputs] -> [B, h, w, classes]. */
export function auxiliaryHead(network: Network, options: DeepLabV3Options): Layer {
  const build = builder(network, options);
  const { inputs, classes } = options;
  const narrow = inputs / 4;
  const reduce = build.convNorm('aux_classifier.0', 'aux_classifier.1', { inputs, outputs: narrow, kernel: 3 }, 'relu');
  const classify = build.convolve('aux_classifier.4', { inputs: narrow, outputs: classes, kernel: 1 }, true, 'linear');
  return (x, pass) => classify(dropout<Tensor4D>(network, reduce(x, pass), options.dropout, pass), pass);
}
