import type { Random } from '../../random/random.ts';
import { xavierUniform } from '../initialisers.ts';
import { convolution } from '../layers/convolution.ts';
import type { Layer, Network } from '../network.ts';

const CHANNELS = 512;
const DILATION = 12;

/** MCTformer's segmentation head on ResNet-38d, `fc8_seg_conv1` and `fc8_seg_conv2`. [B, h, w, inputs] -> [B, h, w, classes]. */
export function resNet38Segmentation(network: Network, options: { inputs: number; classes: number; random: Random }): Layer {
  const common = { kernel: 3, dilation: DILATION, pad: 'symmetric', bias: true, group: 'head', initialiser: xavierUniform(options.random) } as const;
  const reduce = convolution(network, { ...common, name: 'fc8_seg_conv1', inputs: options.inputs, outputs: CHANNELS, activation: 'relu' });
  const classify = convolution(network, { ...common, name: 'fc8_seg_conv2', inputs: CHANNELS, outputs: options.classes, activation: 'linear' });
  return (x) => classify(reduce(x));
}
