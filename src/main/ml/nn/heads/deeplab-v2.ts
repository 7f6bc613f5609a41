import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../../random/random.ts';
import { normal } from '../initialisers.ts';
import { convolution } from '../layers/convolution.ts';
import type { Layer, Network, Pass } from '../network.ts';

const RATES: readonly number[] = [6, 12, 18, 24];
/** Scales besides 1 at which the network also runs. */
const PYRAMID = [0.5, 0.75] as const;

/**
 * DeepLabV2's ASPP, `aspp.c0` to `aspp.c3`: four dilated convolutions whose logits are added. [B, h, w, inputs] -> [B, h, w, classes].
 * @param options.rates default as published, whatever the output stride
 */
export function deepLabV2(network: Network, options: { inputs: number; classes: number; rates: readonly number[] | undefined; random: Random }): Layer {
  const { tf } = network.backend;
  const branches = (options.rates ?? RATES).map((dilation, i) =>
    convolution(network, {
      name: `aspp.c${i}`,
      inputs: options.inputs,
      outputs: options.classes,
      kernel: 3,
      dilation,
      pad: 'symmetric',
      bias: true,
      activation: 'linear',
      group: 'head',
      initialiser: normal(options.random, 0.01),
    }),
  );
  return (x) => tf.addN(branches.map((branch) => branch(x)));
}

/**
 * The network at scales 1, 0.5 and 0.75, and the largest logit of the three at each place of scale 1 (kazuto's MSC). Each scale's own logits
 * are taps `logits_1`, `logits_0.5`, `logits_0.75`: training learns from all four.
 */
export function multiScaleMax(network: Network, single: Layer): Layer {
  const { tf, ops } = network.backend;
  return (images: Tensor4D, pass: Pass) => {
    const full = single(images, pass);
    pass.tap?.('logits_1', full);
    const [, height, width] = full.shape;
    // Taps of inner layers are those of scale 1.
    const untapped: Pass = { random: pass.random };
    return PYRAMID.reduce<Tensor4D>((largest, scale) => {
      const logits = single(ops.scaleBilinear(images, scale), untapped);
      pass.tap?.(`logits_${scale}`, logits);
      return tf.maximum(largest, ops.resizeBilinear(logits, [height, width], false));
    }, full);
  };
}
