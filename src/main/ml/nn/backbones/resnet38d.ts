import type { Tensor4D } from '@tensorflow/tfjs-core';
import { builder, type Builder } from '../layers/builder.ts';
import { channelDropout } from '../layers/dropout.ts';
import { sequence, tapped, type Layer, type Network } from '../network.ts';
import { stagePlans, type Backbone, type BackboneOptions, type StagePlan, type Tap } from './backbone.ts';

export interface ResNet38Table {
  /** Channels after the first convolution: 64 published; every later width is a multiple of it. */
  readonly stem: number;
  /** Blocks of b2 to b5: 3, 3, 6, 3 published. */
  readonly blocks: readonly [number, number, number, number];
}

export const RESNET38D: ResNet38Table = { stem: 64, blocks: [3, 3, 6, 3] };

/** Outputs and middle channels in units of the stem; under which name the normalised input of the first block is given out. */
const PLAIN = [
  { name: 'b2', middle: 2, outputs: 2, tap: 'conv1' },
  { name: 'b3', middle: 4, outputs: 4, tap: 'conv2' },
  { name: 'b4', middle: 8, outputs: 8, tap: 'conv3' },
  { name: 'b5', middle: 8, outputs: 16, tap: 'conv4' },
] as const;

const BOTTLENECKS = [
  { name: 'b6', outputs: 32, dropout: 0.3, tap: 'conv5' },
  { name: 'b7', outputs: 64, dropout: 0.5, tap: null },
] as const;

/** Of b2 to b7, as the authors' own network has them (itijyou/ademxapp, A1), which psa runs at output stride 8. */
const STRIDES = [2, 2, 2, 2, 2, 1] as const;

export interface ResNet38Options extends BackboneOptions {
  /** 1: drops channels in b6 and b7 as published; 0: never. */
  readonly dropoutFactor: number;
}

/**
 * PSA's ResNet-38d (networks-formats.md §1.2): normalises before it convolves, no pool. Taps: `conv1` to `conv5`, the normalised inputs of b2 to
 * b6, of which psa itself gives out the last two, and `conv6`, the output.
 */
export function resNet38d(network: Network, table: ResNet38Table, options: ResNet38Options): Backbone {
  const { tf } = network.backend;
  const build = builder(network, { ...options, group: 'backbone' });
  const { stem } = table;
  const plans = stagePlans(STRIDES, 1, options.outputStride);
  const layers: Layer[] = [build.convolve('conv1a', { inputs: 3, outputs: stem, kernel: 3 }, false, 'linear')];
  const taps: Tap[] = [];
  const tapInput = (name: string): string => {
    taps.push({ name, channels: inputs });
    return name;
  };
  let inputs = stem;
  for (const [at, stage] of PLAIN.entries()) {
    const [middle, outputs] = [stage.middle * stem, stage.outputs * stem];
    const { stride, firstDilation, dilation } = planOf(plans, at);
    for (let i = 0; i < (table.blocks[at] ?? 0); i += 1) {
      const name = i === 0 ? stage.name : `${stage.name}_${i}`;
      const block = plainBlock(network, build, name, {
        inputs,
        middle,
        outputs,
        stride: i === 0 ? stride : 1,
        first: i === 0 ? firstDilation : dilation,
        dilation,
        tap: i === 0 ? tapInput(stage.tap) : null,
      });
      layers.push(block);
      inputs = outputs;
    }
  }
  for (const [at, { name, outputs, dropout, tap }] of BOTTLENECKS.entries()) {
    const { stride, dilation } = planOf(plans, PLAIN.length + at);
    const shape = { inputs, outputs: outputs * stem, stride, dilation, dropout: dropout * options.dropoutFactor, tap: tap === null ? null : tapInput(tap) };
    layers.push(bottleneck(network, build, name, shape));
    inputs = outputs * stem;
  }
  layers.push(tapped('conv6', build.norm('bn7', inputs, 'relu')));
  return { run: sequence(tf, layers), taps: [...taps, { name: 'conv6', channels: inputs }] };
}

function planOf(plans: readonly StagePlan[], at: number): StagePlan {
  const plan = plans[at];
  if (plan === undefined) throw new Error(`there is no plan for stage ${at}`);
  return plan;
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
  /** Of the first 1 × 1 convolution. */
  readonly stride: number;
  readonly dilation: number;
  readonly dropout: number;
  readonly tap: string | null;
}

function bottleneck(network: Network, build: Builder, name: string, shape: BottleneckShape): Layer {
  const { tf } = network.backend;
  const { inputs, outputs, stride, dilation, dropout } = shape;
  const [quarter, half] = [outputs / 4, outputs / 2];
  const normalise = build.norm(`${name}.bn_branch2a`, inputs, 'relu');
  const enter = build.convNorm(`${name}.conv_branch2a`, `${name}.bn_branch2b1`, { inputs, outputs: quarter, kernel: 1, stride }, 'relu');
  const spread = build.convNorm(`${name}.conv_branch2b1`, `${name}.bn_branch2b2`, { inputs: quarter, outputs: half, kernel: 3, dilation }, 'relu');
  const leave = build.convolve(`${name}.conv_branch2b2`, { inputs: half, outputs, kernel: 1 }, false, 'linear');
  const project = build.convolve(`${name}.conv_branch1`, { inputs, outputs, kernel: 1, stride }, false, 'linear');
  return (x, pass) => {
    const normal = normalise(x, pass);
    if (shape.tap !== null) pass.tap?.(shape.tap, normal);
    const entered = channelDropout(network, enter(normal, pass), dropout, pass);
    const widened = channelDropout(network, spread(entered, pass), dropout, pass);
    return tf.add<Tensor4D>(project(normal, pass), leave(widened, pass));
  };
}
