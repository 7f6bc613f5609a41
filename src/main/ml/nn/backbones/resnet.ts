import { builder, type Builder } from '../layers/builder.ts';
import type { Layer, Network } from '../network.ts';
import type { Backbone, BackboneOptions } from './backbone.ts';
import { EXPANSION, residualStages, type BlockPlace } from './residual-stages.ts';

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
  /** Weight of the new batch in running moments. Default torch's 0.1. */
  readonly momentum?: number;
}

/** torchvision's ResNet with bottlenecks (networks-formats.md §1.1). Taps `stem` (stride 4), `layer1` to `layer4`. */
export function resNet(network: Network, table: ResNetTable, options: ResNetOptions): Backbone {
  const { ops } = network.backend;
  const build = builder(network, { ...options, group: 'backbone' });
  const first = build.convNorm('conv1', 'bn1', { inputs: 3, outputs: table.stem, kernel: 7, stride: 2 }, 'relu');
  const stem: Layer = (x, pass) => ops.maxPool(first(x, pass), { kernel: 3, stride: 2, pad: 1, ceil: false });
  const { outputStride, dilated = true } = options;
  return residualStages(network, table, { stem, stemChannels: table.stem, outputStride, dilated }, (name, place) => bottleneck(network, build, name, place));
}

/** 1 × 1, 3 × 3 with the stride, 1 × 1, added to the shortcut, ReLU. */
function bottleneck(network: Network, build: Builder, name: string, place: BlockPlace): Layer {
  const { ops } = network.backend;
  const { inputs, width, stride, dilation } = place;
  const outputs = width * EXPANSION;
  const narrow = build.convNorm(`${name}.conv1`, `${name}.bn1`, { inputs, outputs: width, kernel: 1 }, 'relu');
  const middle = build.convNorm(`${name}.conv2`, `${name}.bn2`, { inputs: width, outputs: width, kernel: 3, stride, dilation }, 'relu');
  const wide = build.convNorm(`${name}.conv3`, `${name}.bn3`, { inputs: width, outputs, kernel: 1 }, 'linear');
  const project = place.isFirst
    ? build.convNorm(`${name}.downsample.0`, `${name}.downsample.1`, { inputs, outputs, kernel: 1, stride }, 'linear')
    : null;
  return (x, pass) => {
    const branch = wide(middle(narrow(x, pass), pass), pass); // [B, h', w', 4 width]
    return ops.addActivated(branch, project === null ? x : project(x, pass), 'relu');
  };
}
