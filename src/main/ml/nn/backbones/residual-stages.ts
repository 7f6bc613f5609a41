import { sequence, tapped, type Layer, type Network } from '../network.ts';
import { stagePlans, type Backbone, type OutputStride } from './backbone.ts';

/** Outputs of a block in units of its narrow convolutions. */
export const EXPANSION = 4;

const STRIDES = [1, 2, 2, 2] as const;

/** A bottleneck's place in its network. */
export interface BlockPlace {
  readonly inputs: number;
  /** Channels of its narrow convolutions. */
  readonly width: number;
  readonly stride: number;
  readonly dilation: number;
  /** From 0. */
  readonly stage: number;
  /** The first of its stage changes channels and resolution. */
  readonly isFirst: boolean;
}

export interface ResidualTable {
  /** Channels of the first stage's narrow convolutions; each stage has twice as many. */
  readonly width: number;
  readonly blocks: readonly [number, number, number, number];
}

/**
 * Four stages of bottlenecks behind a stem of stride 4, as ResNet and what came of it have them. Taps `stem`, `layer1` to `layer4`.
 * @param dilated false: stages that lose their stride are not dilated
 * @param block makes the layer of this name, such as `layer1.0`
 */
export function residualStages(
  network: Network,
  table: ResidualTable,
  options: { readonly stem: Layer; readonly stemChannels: number; readonly outputStride: OutputStride; readonly dilated: boolean },
  block: (name: string, place: BlockPlace) => Layer,
): Backbone {
  const { tf } = network.backend;
  const layers = [tapped('stem', options.stem)];
  const taps = [{ name: 'stem', channels: options.stemChannels }];
  let inputs = options.stemChannels;
  for (const [stage, plan] of stagePlans(STRIDES, 4, options.outputStride).entries()) {
    const width = table.width * 2 ** stage;
    const name = `layer${stage + 1}`;
    const blocks = Array.from({ length: table.blocks[stage] ?? 0 }, (_, i): Layer => {
      const isFirst = i === 0;
      const dilation = isFirst ? plan.firstDilation : plan.dilation;
      return block(`${name}.${i}`, { inputs: isFirst ? inputs : width * EXPANSION, width, stride: isFirst ? plan.stride : 1, dilation: options.dilated ? dilation : 1, stage, isFirst });
    });
    inputs = width * EXPANSION;
    layers.push(tapped(name, sequence(tf, blocks)));
    taps.push({ name, channels: inputs });
  }
  return { run: sequence(tf, layers), taps };
}
