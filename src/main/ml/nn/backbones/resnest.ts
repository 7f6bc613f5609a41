import type { Tensor4D } from '@tensorflow/tfjs-core';
import { builder, type Builder } from '../layers/builder.ts';
import { sequence, type Layer, type Network } from '../network.ts';
import type { Backbone, BackboneOptions } from './backbone.ts';
import { EXPANSION, residualStages, type BlockPlace } from './residual-stages.ts';

export interface ResNeStTable {
  /** Channels of the first two 3 × 3 convolutions; the third has twice as many. */
  readonly stem: number;
  /** Channels of the first stage's narrow convolutions: 64 published. */
  readonly width: number;
  readonly blocks: readonly [number, number, number, number];
}

export const RESNESTS = {
  'resnest50': { stem: 32, width: 64, blocks: [3, 4, 6, 3] },
  'resnest101': { stem: 64, width: 64, blocks: [3, 4, 23, 3] },
  'resnest269': { stem: 64, width: 64, blocks: [3, 30, 48, 8] },
} as const satisfies Record<string, ResNeStTable>;

const RADIX = 2;
const LEAST_ATTENTION_CHANNELS = 32;

/** ResNeSt of radix 2, cardinality 1 (networks-formats.md §1.3), names of zhanghang1989 and timm. Taps `stem` (stride 4), `layer1` to `layer4`. */
export function resNeSt(network: Network, table: ResNeStTable, options: BackboneOptions): Backbone {
  const { tf, ops } = network.backend;
  const build = builder(network, { ...options, group: 'backbone' });
  const { stem: channels } = table;
  const stem = sequence(tf, [
    build.convNorm('conv1.0', 'conv1.1', { inputs: 3, outputs: channels, kernel: 3, stride: 2 }, 'relu'),
    build.convNorm('conv1.3', 'conv1.4', { inputs: channels, outputs: channels, kernel: 3 }, 'relu'),
    build.convNorm('conv1.6', 'bn1', { inputs: channels, outputs: 2 * channels, kernel: 3 }, 'relu'),
    (x) => ops.maxPool(x, { kernel: 3, stride: 2, pad: 1, ceil: false }),
  ]);
  const { outputStride } = options;
  return residualStages(network, table, { stem, stemChannels: 2 * channels, outputStride, dilated: true }, (name, place) => bottleneck(network, build, name, place));
}

function bottleneck(network: Network, build: Builder, name: string, place: BlockPlace): Layer {
  const { ops } = network.backend;
  const { inputs, width, stride, dilation } = place;
  const outputs = width * EXPANSION;
  // A 3 × 3 mean with the block's stride, even where that is 1.
  const pools = place.isFirst && place.stage > 0;
  const narrow = build.convNorm(`${name}.conv1`, `${name}.bn1`, { inputs, outputs: width, kernel: 1 }, 'relu');
  const attend = splitAttention(network, build, `${name}.conv2`, width, dilation);
  const wide = build.convNorm(`${name}.conv3`, `${name}.bn3`, { inputs: width, outputs, kernel: 1 }, 'linear');
  const project = place.isFirst ? build.convNorm(`${name}.downsample.1`, `${name}.downsample.2`, { inputs, outputs, kernel: 1 }, 'linear') : null;
  return (x, pass) => {
    const attended = attend(narrow(x, pass), pass);
    const pooled = pools ? ops.averagePool(attended, { kernel: 3, stride, pad: 1, ceil: false }, true) : attended;
    const smaller = stride > 1 ? ops.averagePool(x, { kernel: stride, stride, pad: 0, ceil: true }, false) : x;
    return ops.addActivated(wide(pooled, pass), project === null ? smaller : project(smaller, pass), 'relu');
  };
}

/** Two 3 × 3 convolutions of half the inputs each, mixed by weights that depend on the mean over all pixels. [B, h, w, C] -> same. */
function splitAttention(network: Network, build: Builder, name: string, channels: number, dilation: number): Layer {
  const { tf } = network.backend;
  const inner = Math.max(channels / 2, LEAST_ATTENTION_CHANNELS);
  const halves = build.convNorm(
    `${name}.conv`,
    `${name}.bn0`,
    { inputs: channels, outputs: RADIX * channels, kernel: 3, dilation, groups: RADIX },
    'relu',
  );
  const reduce = build.convNorm(`${name}.fc1`, `${name}.bn1`, { inputs: channels, outputs: inner, kernel: 1 }, 'relu', true);
  const expand = build.convolve(`${name}.fc2`, { inputs: inner, outputs: RADIX * channels, kernel: 1 }, true, 'linear');
  return (x, pass) => {
    const parts = tf.split(halves(x, pass), RADIX, 3); // [B, h, w, C] each
    const gap = tf.mean<Tensor4D>(tf.addN(parts), [1, 2], true); // [B, 1, 1, C]
    const scores = expand(reduce(gap, pass), pass); // [B, 1, 1, 2 C]
    const [batch] = x.shape;
    const byPart = tf.transpose(tf.reshape(scores, [batch, RADIX, channels]), [0, 2, 1]); // [B, C, 2]
    const weights = tf.softmax(byPart); // over the parts, for each channel
    const weighted = parts.map((part, i) => tf.mul(part, tf.reshape(tf.slice(weights, [0, 0, i], [batch, channels, 1]), [batch, 1, 1, channels])));
    return tf.addN(weighted) as Tensor4D;
  };
}
