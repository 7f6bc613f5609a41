import type { Tensor4D } from '@tensorflow/tfjs-core';
import { builder, type Builder } from '../layers/builder.ts';
import { channelDropout } from '../layers/dropout.ts';
import { sequence, tapped, type Layer, type Network } from '../network.ts';
import type { Backbone, BackboneOptions } from './backbone.ts';

export interface ResNet38Table {
  /** Channels after the first convolution: 64 published; every later width is a multiple of it. */
  readonly stem: number;
  /** Blocks of b2 to b5: 3, 3, 6, 3 published. */
  readonly blocks: readonly [number, number, number, number];
}

export const RESNET38D: ResNet38Table = { stem: 64, blocks: [3, 3, 6, 3] };

/** Outputs and middle channels in units of the stem, stride of the first block, dilation of its first 3 × 3 convolution and of the others. */
const PLAIN = [
  { name: 'b2', middle: 2, outputs: 2, stride: 2, first: 1, dilation: 1 },
  { name: 'b3', middle: 4, outputs: 4, stride: 2, first: 1, dilation: 1 },
  { name: 'b4', middle: 8, outputs: 8, stride: 2, first: 1, dilation: 1 },
  { name: 'b5', middle: 8, outputs: 16, stride: 1, first: 1, dilation: 2 },
] as const;

const BOTTLENECKS = [
  { name: 'b6', outputs: 32, dilation: 4, dropout: 0.3 },
  { name: 'b7', outputs: 64, dilation: 4, dropout: 0.5 },
] as const;

export interface ResNet38Options extends Omit<BackboneOptions, 'outputStride'> {
  /** 1: drops channels in b6 and b7 as published; 0: never. */
  readonly dropoutFactor: number;
}

/**
 * PSA's ResNet-38d (networks-formats.md §1.2): normalises before it convolves, output stride 8, no pool. Taps: `conv4` and `conv5`, the
 * normalised inputs of b5 and b6, and `conv6`, the output.
 */
export function resNet38d(network: Network, table: ResNet38Table, options: ResNet38Options): Backbone {
  const { tf } = network.backend;
  const build = builder(network, { ...options, group: 'backbone' });
  const { stem } = table;
  const layers: Layer[] = [build.convolve('conv1a', { inputs: 3, outputs: stem, kernel: 3 }, false, 'linear')];
  let inputs = stem;
  for (const [at, stage] of PLAIN.entries()) {
    const [middle, outputs] = [stage.middle * stem, stage.outputs * stem];
    for (let i = 0; i < (table.blocks[at] ?? 0); i += 1) {
      const name = i === 0 ? stage.name : `${stage.name}_${i}`;
      const block = plainBlock(network, build, name, {
        inputs,
        middle,
        outputs,
        stride: i === 0 ? stage.stride : 1,
        first: i === 0 ? stage.first : stage.dilation,
        dilation: stage.dilation,
        tap: name === 'b5' ? 'conv4' : null,
      });
      layers.push(block);
      inputs = outputs;
    }
  }
  for (const { name, outputs, dilation, dropout } of BOTTLENECKS) {
    const shape = { inputs, outputs: outputs * stem, dilation, dropout: dropout * options.dropoutFactor, tap: name === 'b6' ? 'conv5' : null };
    layers.push(bottleneck(network, build, name, shape));
    inputs = outputs * stem;
  }
  layers.push(tapped('conv6', build.norm('bn7', inputs, 'relu')));
  return {
    run: sequence(tf, layers),
    taps: [
      { name: 'conv4', channels: 8 * stem },
      { name: 'conv5', channels: 16 * stem },
      { name: 'conv6', channels: inputs },
    ],
  };
}

interface PlainShape {
  readonly inputs: number;
  readonly middle: number;
  readonly outputs: number;
  readonly stride: number;
  /** Dilation of the first convolution and of the second. */
  readonly first: number;
  readonly dilation: number;
  /** Under which name the normalised input is given out. */
  readonly tap: string | null;
}

function plainBlock(network: Network, build: Builder, name: string, shape: PlainShape): Layer {
  const { tf } = network.backend;
  const { inputs, middle, outputs, stride } = shape;
  const normalise = build.norm(`${name}.bn_branch2a`, inputs, 'relu');
  const enter = build.convNorm(`${name}.conv_branch2a`, `${name}.bn_branch2b1`, { inputs, outputs: middle, kernel: 3, stride, dilation: shape.first }, 'relu');
  const leave = build.convolve(`${name}.conv_branch2b1`, { inputs: middle, outputs, kernel: 3, dilation: shape.dilation }, false, 'linear');
  const keepsShape = inputs === outputs && stride === 1;
  const project = keepsShape ? null : build.convolve(`${name}.conv_branch1`, { inputs, outputs, kernel: 1, stride }, false, 'linear');
  return (x, pass) => {
    const normal = normalise(x, pass);
    if (shape.tap !== null) pass.tap?.(shape.tap, normal);
    const shortcut = project === null ? x : project(normal, pass);
    return tf.add<Tensor4D>(shortcut, leave(enter(normal, pass), pass));
  };
}

interface BottleneckShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly dilation: number;
  readonly dropout: number;
  readonly tap: string | null;
}

function bottleneck(network: Network, build: Builder, name: string, shape: BottleneckShape): Layer {
  const { tf } = network.backend;
  const { inputs, outputs, dilation, dropout } = shape;
  const [quarter, half] = [outputs / 4, outputs / 2];
  const normalise = build.norm(`${name}.bn_branch2a`, inputs, 'relu');
  const enter = build.convNorm(`${name}.conv_branch2a`, `${name}.bn_branch2b1`, { inputs, outputs: quarter, kernel: 1 }, 'relu');
  const spread = build.convNorm(`${name}.conv_branch2b1`, `${name}.bn_branch2b2`, { inputs: quarter, outputs: half, kernel: 3, dilation }, 'relu');
  const leave = build.convolve(`${name}.conv_branch2b2`, { inputs: half, outputs, kernel: 1 }, false, 'linear');
  const project = build.convolve(`${name}.conv_branch1`, { inputs, outputs, kernel: 1 }, false, 'linear');
  return (x, pass) => {
    const normal = normalise(x, pass);
    if (shape.tap !== null) pass.tap?.(shape.tap, normal);
    const entered = channelDropout(network, enter(normal, pass), dropout, pass);
    const widened = channelDropout(network, spread(entered, pass), dropout, pass);
    return tf.add<Tensor4D>(project(normal, pass), leave(widened, pass));
  };
}
