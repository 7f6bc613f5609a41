import type { PoolGeometry } from '../../backend/ops.ts';
import type { Random } from '../../random/random.ts';
import { builder } from '../layers/builder.ts';
import { channelDropout } from '../layers/dropout.ts';
import { sequence, tapped, type Layer, type Network } from '../network.ts';
import { stagePlans, type Backbone, type OutputStride, type Tap } from './backbone.ts';

export interface Vgg16Table {
  /** Channels of conv1: 64 published; every later width is a multiple of it. */
  readonly width: number;
  /** Of fc6. Default 1, as psa's classifier has it; psa's affinity network has 4, DeepLab-LargeFOV 12. */
  readonly fc6Dilation?: number;
}

export const VGG16: Vgg16Table = { width: 64 };

/** Convolutions of each stage, width in units of the first, and whether a pool follows. */
const STAGES = [
  { count: 2, width: 1, pool: true },
  { count: 2, width: 2, pool: true },
  { count: 3, width: 4, pool: true },
  { count: 3, width: 8, pool: true },
  { count: 3, width: 8, pool: false },
] as const;

/** Of each stage: the pool before it. */
const STRIDES = [1, 2, 2, 2, 2] as const;

/** Width of fc6 and fc7. */
const WIDE = 16;
const DROPOUT = 0.5;

export interface Vgg16Options {
  /** 8 as psa has it, or 16, VGG's own before its last pool, which psa leaves out. */
  readonly outputStride: OutputStride;
  /** 1: drops channels after fc6 as published; 0: never. */
  readonly dropoutFactor: number;
  readonly random: Random;
}

/** PSA's VGG-16 (network/vgg16d.py): a pool that keeps its resolution dilates what follows, but fc6. Taps `conv1` to `conv5`, and `conv5fc`, the output. */
export function vgg16(network: Network, table: Vgg16Table, options: Vgg16Options): Backbone {
  const { tf, ops } = network.backend;
  const build = builder(network, { group: 'backbone', norm: 'frozen', random: options.random });
  const layers: Layer[] = [];
  const taps: Tap[] = [];
  const plans = stagePlans(STRIDES, 1, options.outputStride);
  let inputs = 3;
  for (const [at, stage] of STAGES.entries()) {
    const outputs = stage.width * table.width;
    const name = `conv${at + 1}`;
    const convolutions = Array.from({ length: stage.count }, (_, i) =>
      build.convolve(`${name}_${i + 1}`, { inputs: i === 0 ? inputs : outputs, outputs, kernel: 3, dilation: plans[at]?.dilation ?? 1 }, true, 'relu'),
    );
    layers.push(tapped(name, sequence(tf, convolutions)));
    taps.push({ name, channels: outputs });
    inputs = outputs;
    const pool: PoolGeometry = { kernel: 3, stride: plans[at + 1]?.stride ?? 1, pad: 1, ceil: false };
    if (stage.pool) layers.push((x) => ops.maxPool(x, pool));
  }
  const outputs = WIDE * table.width;
  const fc6 = build.convolve('fc6', { inputs, outputs, kernel: 3, dilation: table.fc6Dilation ?? 1 }, true, 'relu');
  layers.push((x, pass) => channelDropout(network, fc6(x, pass), DROPOUT * options.dropoutFactor, pass));
  layers.push(tapped('conv5fc', build.convolve('fc7', { inputs: outputs, outputs, kernel: 1 }, true, 'relu')));
  taps.push({ name: 'conv5fc', channels: outputs });
  return { run: sequence(tf, layers), taps };
}
