import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { NormMode } from '../layers/builder.ts';
import { collecting, type Layer, type Pass } from '../network.ts';
import type { Random } from '../../random/random.ts';

/** What every convolutional backbone takes beside its table. */
export interface BackboneOptions {
  /** Where a stage would go beyond it, its stride becomes 1 and what follows is dilated instead. */
  readonly outputStride: OutputStride;
  readonly norm: NormMode;
  readonly random: Random;
}

export type OutputStride = 8 | 16 | 32;

/** A network without its head. */
export interface Backbone {
  /** images [B, H, W, 3] to the deepest features; names of its taps and how many channels each has, in order. */
  readonly run: Layer;
  readonly taps: readonly Tap[];
}

export interface Tap {
  readonly name: string;
  readonly channels: number;
}

export function channelsOf(backbone: Backbone, name: string): number {
  const tap = backbone.taps.find((item) => item.name === name);
  if (tap === undefined) throw new Error(`the backbone has no tap named ${name}`);
  return tap.channels;
}

/** Runs the backbone and returns these taps. */
export function features<const Names extends readonly string[]>(
  backbone: Backbone,
  names: Names,
  images: Tensor4D,
  pass: Pass,
): { [K in keyof Names]: Tensor4D } {
  const found = collecting(pass, names, (inner) => void backbone.run(images, inner));
  return names.map((name) => found.get(name)) as { [K in keyof Names]: Tensor4D };
}

/** Stride and dilations of one stage: those of its first block and of the others. */
export interface StagePlan {
  readonly stride: number;
  readonly firstDilation: number;
  readonly dilation: number;
}

/**
 * torchvision's rule (networks-formats.md §1.1): a stage that would exceed the output stride keeps its resolution and dilates; its first
 * block keeps the dilation before it.
 * @param reached stride before the first of these stages
 */
export function stagePlans(strides: readonly number[], reached: number, outputStride: OutputStride): StagePlan[] {
  let total = reached;
  let dilation = 1;
  return strides.map((stride) => {
    const firstDilation = dilation;
    if (total * stride > outputStride) {
      dilation *= stride;
      return { stride: 1, firstDilation, dilation };
    }
    total *= stride;
    return { stride, firstDilation, dilation };
  });
}
