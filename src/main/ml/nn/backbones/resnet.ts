import type { Tensor4D } from '@tensorflow/tfjs-core';
import { builder, type Builder } from '../layers/builder.ts';
import { sequence, tapped, type Layer, type Network } from '../network.ts';
import { stagePlans, type Backbone, type BackboneOptions } from './backbone.ts';

export interface ResNetTable {
  /** Channels after the first convolution, and of the first stage's narrow convolutions: 64 and 64 published. */
  readonly stem: number;
  readonly width: number;
  readonly blocks: readonly [number, number, number, number];
}

export const RESNETS = {
  'resnet50': { stem: 64, width: 64, blocks: [3, 4, 6, 3] },
  'resnet101': { stem: 64, width: 64, blocks: [3, 4, 23, 3] },
  'resnet152': { stem: 64, width: 64, blocks: [3, 8, 36, 3] },
} as const satisfies Record<string, ResNetTable>;

export interface ResNetOptions extends BackboneOptions {
  /** False: stages that lose their stride are not dilated (IRN, Puzzle-CAM). Default true. */
  readonly dilated?: boolean;
}

const STRIDES = [1, 2, 2, 2] as const;
const EXPANSION = 4;

/** torchvision's ResNet with bottlenecks (networks-formats.md §1.1). Taps `stem` (stride 4), `layer1` to `layer4`. */
export function resNet(network: Network, table: ResNetTable, options: ResNetOptions): Backbone {
  const { tf, ops } = network.backend;
  const build = builder(network, { ...options, group: 'backbone' });
  const stem = build.convNorm('conv1', 'bn1', { inputs: 3, outputs: table.stem, kernel: 7, stride: 2 }, 'relu');
  const layers: Layer[] = [
    tapped('stem', (x, pass) => ops.maxPool(stem(x, pass), { kernel: 3, stride: 2, pad: 1, ceil: false })),
  ];
  const taps = [{ name: 'stem', channels: table.stem }];
  let inputs = table.stem;
  for (const [at, plan] of stagePlans(STRIDES, 4, options.outputStride).entries()) {
    const width = table.width * 2 ** at;
    const name = `layer${at + 1}`;
    const count = table.blocks[at] ?? 0;
    const blocks: Layer[] = [];
    for (let i = 0; i < count; i += 1) {
      const dilation = options.dilated === false ? 1 : i === 0 ? plan.firstDilation : plan.dilation;
      blocks.push(bottleneck(network, build, `${name}.${i}`, { inputs, width, stride: i === 0 ? plan.stride : 1, dilation, projects: i === 0 }));
      inputs = width * EXPANSION;
    }
    layers.push(tapped(name, sequence(tf, blocks)));
    taps.push({ name, channels: inputs });
  }
  return { run: sequence(tf, layers), taps };
}

interface BlockShape {
  readonly inputs: number;
  readonly width: number;
  readonly stride: number;
  readonly dilation: number;
  readonly projects: boolean;
}

/** 1 × 1, 3 × 3 with the stride, 1 × 1, added to the shortcut, ReLU. */
function bottleneck(network: Network, build: Builder, name: string, shape: BlockShape): Layer {
  const { tf, ops } = network.backend;
  const { inputs, width, stride, dilation } = shape;
  const outputs = width * EXPANSION;
  const narrow = build.convNorm(`${name}.conv1`, `${name}.bn1`, { inputs, outputs: width, kernel: 1 }, 'relu');
  const middle = build.convNorm(`${name}.conv2`, `${name}.bn2`, { inputs: width, outputs: width, kernel: 3, stride, dilation }, 'relu');
  const wide = build.convNorm(`${name}.conv3`, `${name}.bn3`, { inputs: width, outputs, kernel: 1 }, 'linear');
  const project = shape.projects
    ? build.convNorm(`${name}.downsample.0`, `${name}.downsample.1`, { inputs, outputs, kernel: 1, stride }, 'linear')
    : null;
  return (x, pass) => {
    const branch = wide(middle(narrow(x, pass), pass), pass); // [B, h', w', 4 width]
    return ops.activate(tf.add<Tensor4D>(branch, project === null ? x : project(x, pass)), 'relu');
  };
}
