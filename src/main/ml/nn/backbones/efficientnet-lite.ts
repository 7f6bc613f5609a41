import type { Tensor4D } from '@tensorflow/tfjs-core';
import { kaimingNormal } from '../initialisers.ts';
import type { NormMode } from '../layers/builder.ts';
import { convNorm, type ConvNormOptions } from '../layers/conv-norm.ts';
import { INFERENCE, type Layer, type Network, type Pass } from '../network.ts';
import type { Random } from '../../random/random.ts';
import type { OutputStride } from './backbone.ts';

/** TensorFlow's own variant (networks-formats.md §1.5): no squeeze-and-excite, ReLU6, SAME padding. This is Lite0; the others scale it. */
const STAGES = [
  { repeats: 1, kernel: 3, stride: 1, expansion: 1, outputs: 16 },
  { repeats: 2, kernel: 3, stride: 2, expansion: 6, outputs: 24 },
  { repeats: 2, kernel: 5, stride: 2, expansion: 6, outputs: 40 },
  { repeats: 3, kernel: 3, stride: 2, expansion: 6, outputs: 80 },
  { repeats: 3, kernel: 5, stride: 1, expansion: 6, outputs: 112 },
  { repeats: 4, kernel: 5, stride: 2, expansion: 6, outputs: 192 },
  { repeats: 1, kernel: 3, stride: 1, expansion: 6, outputs: 320 },
] as const;

/** Factors on channels and repeats. */
export interface LiteTable {
  readonly width: number;
  readonly depth: number;
}

const LITE0: LiteTable = { width: 1, depth: 1 };

type Stage = { readonly [K in keyof (typeof STAGES)[number]]: number };

/** Stem and last convolution are never scaled, nor are the repeats of the first and last stage. */
function scaledStages({ width, depth }: LiteTable): Stage[] {
  return STAGES.map((stage, i) => ({
    ...stage,
    repeats: i === 0 || i === STAGES.length - 1 ? stage.repeats : Math.ceil(stage.repeats * depth),
    outputs: roundedChannels(stage.outputs * width),
  }));
}

/** Nearest multiple of 8 that loses no more than a tenth. */
function roundedChannels(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

/** Channels of each stage's output, stage 1 first. */
export function stageChannels(table: LiteTable = LITE0): readonly number[] {
  return scaledStages(table).map((stage) => stage.outputs);
}

const STEM_CHANNELS = 32;
/** Channels of the last 1 × 1 convolution, which the classifier reads. */
export const FEATURE_CHANNELS = 1280;

const EPSILON = 1e-3;
const MOMENTUM = 0.01;

export interface EfficientNetLiteOptions {
  /** Default Lite0. */
  readonly table?: LiteTable;
  /** Default `frozen-statistics`. */
  readonly norm?: NormMode;
  /** Where a stage would go beyond it, its stride becomes 1 and what follows is dilated instead. */
  readonly outputStride: OutputStride;
  /** 0: everything learns, the stem too; n: from block n on (Lite0: to 15); Lite0's 16: the last 1 × 1 convolution alone; 17: nothing. */
  readonly firstTrainedBlock: number;
  /** For networks that are not loaded from a file. */
  readonly random: Random;
}

/** A pass that stopped between two blocks. */
export type Progress = {
  /** 0 stem, n + 1 block n, then the last convolution; one more = done. */
  readonly nextLayer: number;
  readonly x: Tensor4D;
  /** Outputs of the stages that are done, stage 1 first; taps `stage1` to `stage7`. */
  readonly stages: Tensor4D[];
};

export interface Features {
  /** Stage outputs, stage 1 first: stages[1] has stride 4 and 24 channels, stages[6] the output stride and 320. */
  readonly stages: readonly Tensor4D[];
  /** [B, H/OS, W/OS, 1280]; tap `features`. */
  readonly last: Tensor4D;
}

export interface EfficientNetLite {
  /** Layers that never learn. Call it outside the gradient tape, so that nothing of them is kept. images: [B, H, W, 3], RGB/127.5 − 1. */
  frozen(images: Tensor4D): Progress;
  /** The layers that learn; everything, with `frozen`. */
  learnt(progress: Progress, pass: Pass): Features;
  /** Up to the last stage, without the 1280-channel convolution: for decoders. */
  learntStages(progress: Progress, pass: Pass): readonly Tensor4D[];
}

/** Declares the backbone's parameters under the reference's names (lukemelas' EfficientNet-PyTorch). */
export function efficientNetLite(network: Network, options: EfficientNetLiteOptions): EfficientNetLite {
  const stages = scaledStages(options.table ?? LITE0);
  const layers = [stem(network, options), ...blocks(network, options, stages), lastConvolution(network, options, stages)];
  const firstLearnt = options.firstTrainedBlock === 0 ? 0 : Math.min(options.firstTrainedBlock + 1, layers.length);

  const advance = (from: Progress, until: number, pass: Pass): Progress => {
    let { x } = from;
    const done = [...from.stages];
    for (const layer of layers.slice(from.nextLayer, until)) {
      x = layer.run(x, pass);
      if (layer.endsStage) {
        done.push(x);
        pass.tap?.(`stage${done.length}`, x);
      }
    }
    return { nextLayer: Math.max(from.nextLayer, until), x, stages: done };
  };

  return {
    frozen: (images) => network.backend.tf.tidy(() => advance({ nextLayer: 0, x: images, stages: [] }, firstLearnt, INFERENCE)),
    learnt: (progress, pass) => {
      const end = advance(progress, layers.length, pass);
      pass.tap?.('features', end.x);
      return { stages: end.stages, last: end.x };
    },
    learntStages: (progress, pass) => advance(progress, layers.length - 1, pass).stages,
  };
}

interface Step {
  readonly run: Layer;
  readonly endsStage: boolean;
}

function common(
  options: EfficientNetLiteOptions,
  layer: number,
): Pick<ConvNormOptions, 'group' | 'trainable' | 'affine' | 'statistics' | 'epsilon' | 'momentum' | 'initialiser'> {
  const { firstTrainedBlock, random, norm } = options;
  const trainable = firstTrainedBlock === 0 || layer > firstTrainedBlock;
  return {
    group: 'backbone',
    trainable,
    affine: trainable && norm !== 'frozen',
    statistics: norm === 'batch' ? 'batch' : 'frozen',
    epsilon: EPSILON,
    momentum: MOMENTUM,
    initialiser: kaimingNormal(random),
  };
}

function stem(network: Network, options: EfficientNetLiteOptions): Step {
  const run = convNorm(network, {
    ...common(options, 0),
    filter: '_conv_stem',
    norm: '_bn0',
    kind: 'dense',
    inputs: 3,
    outputs: STEM_CHANNELS,
    kernel: 3,
    stride: 2,
    activation: 'relu6',
  });
  return { run, endsStage: false };
}

function lastConvolution(network: Network, options: EfficientNetLiteOptions, stages: readonly Stage[]): Step {
  const run = convNorm(network, {
    ...common(options, stages.reduce((count, stage) => count + stage.repeats, 1)),
    filter: '_conv_head',
    norm: '_bn1',
    kind: 'dense',
    inputs: stages.at(-1)?.outputs ?? 0,
    outputs: FEATURE_CHANNELS,
    kernel: 1,
    activation: 'relu6',
  });
  return { run, endsStage: false };
}

function blocks(network: Network, options: EfficientNetLiteOptions, stages: readonly Stage[]): Step[] {
  const steps: Step[] = [];
  let inputs = STEM_CHANNELS;
  let reached = 2; // stride of the stem
  let dilation = 1;
  for (const stage of stages) {
    const strided = stage.stride > 1 && reached * stage.stride <= options.outputStride;
    const dilates = stage.stride > 1 && !strided;
    for (let repeat = 0; repeat < stage.repeats; repeat += 1) {
      const first = repeat === 0;
      const run = block(network, options, {
        index: steps.length,
        inputs,
        outputs: stage.outputs,
        expansion: stage.expansion,
        kernel: stage.kernel,
        stride: first && strided ? stage.stride : 1,
        // torchvision's rule: the first block of a dilated stage keeps the dilation before it.
        dilation,
        // A block that lost its stride has no shortcut, as the published one had none.
        shortcut: !(first && stage.stride > 1) && inputs === stage.outputs,
      });
      if (first && dilates) dilation *= stage.stride;
      inputs = stage.outputs;
      steps.push({ run, endsStage: repeat === stage.repeats - 1 });
    }
    if (strided) reached *= stage.stride;
  }
  return steps;
}

interface BlockShape {
  readonly index: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly shortcut: boolean;
}

/** Inverted residual: 1 × 1 expansion, depthwise, linear 1 × 1 projection, and the shortcut where shapes allow. */
function block(network: Network, options: EfficientNetLiteOptions, shape: BlockShape): Layer {
  const name = `_blocks.${shape.index}`;
  const shared = common(options, shape.index + 1);
  const wide = shape.inputs * shape.expansion;
  const expand =
    shape.expansion === 1
      ? null
      : convNorm(network, {
          ...shared,
          filter: `${name}._expand_conv`,
          norm: `${name}._bn0`,
          kind: 'dense',
          inputs: shape.inputs,
          outputs: wide,
          kernel: 1,
          activation: 'relu6',
        });
  const depthwise = convNorm(network, {
    ...shared,
    filter: `${name}._depthwise_conv`,
    norm: `${name}._bn1`,
    kind: 'depthwise',
    inputs: wide,
    outputs: wide,
    kernel: shape.kernel,
    stride: shape.stride,
    dilation: shape.dilation,
    activation: 'relu6',
  });
  const project = convNorm(network, {
    ...shared,
    filter: `${name}._project_conv`,
    norm: `${name}._bn2`,
    kind: 'dense',
    inputs: wide,
    outputs: shape.outputs,
    kernel: 1,
    activation: 'linear',
  });
  return (x, pass) => {
    const expanded = expand === null ? x : expand(x, pass); // [B, h, w, wide]
    const projected = project(depthwise(expanded, pass), pass); // [B, h', w', outputs]
    return shape.shortcut ? network.backend.tf.add(x, projected) : projected;
  };
}
