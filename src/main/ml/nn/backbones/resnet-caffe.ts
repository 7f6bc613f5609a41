import { builder } from '../layers/builder.ts';
import { sequence, tapped, type Layer, type Network } from '../network.ts';
import { stagePlans, type Backbone, type BackboneOptions } from './backbone.ts';
import type { ResNetTable } from './resnet.ts';

/** Of the first 1 × 1 convolution of each stage, where nothing is dilated. */
const STRIDES = [1, 2, 2, 2] as const;

/** Running averages take in a thousandth of each batch. */
const MOMENTUM = 1e-3;

/**
 * DeepLabV2's ResNet as kazuto's deeplab-pytorch names it (networks-formats.md §2): all blocks of a dilated stage have its dilation, and the pool
 * rounds up. Taps `layer1` to `layer5`.
 */
export function caffeResNet(network: Network, table: ResNetTable, options: BackboneOptions): Backbone {
  const { tf, ops } = network.backend;
  const build = builder(network, { ...options, group: 'backbone', momentum: MOMENTUM });
  const unit = (name: string, shape: { inputs: number; outputs: number; kernel: number; stride?: number; dilation?: number }, relu: boolean): Layer =>
    build.convNorm(`${name}.conv`, `${name}.bn`, shape, relu ? 'relu' : 'linear');

  const stem = unit('layer1.conv1', { inputs: 3, outputs: table.stem, kernel: 7, stride: 2 }, true);
  const layers = [tapped('layer1', (x, pass) => ops.maxPool(stem(x, pass), { kernel: 3, stride: 2, pad: 1, ceil: true }))];
  const taps = [{ name: 'layer1', channels: table.stem }];
  let inputs = table.stem;
  for (const [at, { stride, dilation }] of stagePlans(STRIDES, 4, options.outputStride).entries()) {
    const middle = table.width * 2 ** at;
    const outputs = middle * 4;
    const blocks = Array.from({ length: table.blocks[at] ?? 0 }, (_, i): Layer => {
      const name = `layer${at + 2}.block${i + 1}`;
      const first = i === 0;
      const from = first ? inputs : outputs;
      const reduce = unit(`${name}.reduce`, { inputs: from, outputs: middle, kernel: 1, stride: first ? stride : 1 }, true);
      const spread = unit(`${name}.conv3x3`, { inputs: middle, outputs: middle, kernel: 3, dilation }, true);
      const increase = unit(`${name}.increase`, { inputs: middle, outputs, kernel: 1 }, false);
      const shortcut = first ? unit(`${name}.shortcut`, { inputs: from, outputs, kernel: 1, stride }, false) : null;
      return (x, pass) => {
        const branch = increase(spread(reduce(x, pass), pass), pass);
        return ops.addActivated(branch, shortcut === null ? x : shortcut(x, pass), 'relu');
      };
    });
    layers.push(tapped(`layer${at + 2}`, sequence(tf, blocks)));
    taps.push({ name: `layer${at + 2}`, channels: outputs });
    inputs = outputs;
  }
  return { run: sequence(tf, layers), taps };
}
