import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import { efficientNetLite, FEATURE_CHANNELS, stageChannels, type Progress } from '../nn/backbones/efficientnet-lite.ts';
import { camHead } from '../nn/heads/cam.ts';
import { deepLabV3Plus } from '../nn/heads/deeplab-v3plus.ts';
import { INFERENCE, type Pass } from '../nn/network.ts';
import { ParamStore } from '../nn/param-store.ts';
import { randomFor } from '../random/random.ts';

export const OUTPUT_STRIDE = 16;
/** The stage whose output has stride 4; the decoder reads it. */
const LOW_LEVEL_STAGE = 1;
/** `firstTrainedBlock` of a network in which only the head learns. */
export const HEAD_ALONE = 17;
/** Of a network without the last 1 × 1 convolution. */
const DECODER_ALONE = 16;

/** A network cut where learning begins. Taps are what crosses the cut. */
export interface CutNetwork {
  readonly parameters: ParamStore;
  /** images [B, H, W, 3] in -1..1 to the taps; nothing in it learns. Call under tidy, outside the tape. */
  readonly frozen: (images: Tensor4D) => Tensor4D[];
}

export interface Classifier extends CutNetwork {
  /** Taps to class logits, [B, classes]. */
  logits(taps: readonly Tensor4D[], pass: Pass): Tensor2D;
  /** images [B, H, W, 3] to class maps before any ReLU, [B, H/16, W/16, classes]. */
  maps(images: Tensor4D): Tensor4D;
}

export interface ClassifierShape {
  readonly classes: number;
  readonly firstTrainedBlock: number;
  readonly dropout: number;
  /** Where the bias on the logits starts, [classes]; null = none. */
  readonly initialBias: readonly number[] | null;
  readonly seed: number;
  /** See `BuildOptions`. */
  readonly forInference?: boolean;
}

/** EfficientNet-Lite0 at output stride 16 with the CAM head on its 1280 channels. */
export function classifierNetwork(backend: TensorBackend, shape: ClassifierShape): Classifier {
  const { tf } = backend;
  const network = { backend, parameters: new ParamStore(tf, shape) };
  const random = randomFor(shape.seed, 'initial', 'classifier');
  const backbone = efficientNetLite(network, { outputStride: OUTPUT_STRIDE, firstTrainedBlock: shape.firstTrainedBlock, random });
  const head = camHead(network, { inputs: FEATURE_CHANNELS, classes: shape.classes, dropout: shape.dropout, initialBias: shape.initialBias, random });
  const cut = new Cut();
  return {
    parameters: network.parameters,
    frozen: (images) => {
      const { x } = cut.note(backbone.frozen(images));
      // When the head alone learns, it reads the mean over pixels alone; that is all that must be kept.
      return [shape.firstTrainedBlock === HEAD_ALONE ? tf.mean<Tensor4D>(x, [1, 2], true) : x];
    },
    logits: (taps, pass) => head.logits(backbone.learnt(cut.resume(taps), pass).last, pass),
    maps: (images) => head.maps(backbone.learnt(backbone.frozen(images), INFERENCE).last),
  };
}

export interface Segmenter extends CutNetwork {
  /** Taps to class logits at stride 4, [B, H/4, W/4, classes + 1], background first. */
  logits(taps: readonly Tensor4D[], pass: Pass): Tensor4D;
}

export interface SegmenterShape {
  /** Without background. */
  readonly classes: number;
  readonly decoderChannels: number;
  readonly firstTrainedBlock: number;
  readonly dropout: number;
  readonly seed: number;
  /** See `BuildOptions`. */
  readonly forInference?: boolean;
}

/** DeepLabV3+ on EfficientNet-Lite0 at output stride 16. */
export function segmenterNetwork(backend: TensorBackend, shape: SegmenterShape): Segmenter {
  const network = { backend, parameters: new ParamStore(backend.tf, shape) };
  const random = randomFor(shape.seed, 'initial', 'segmenter');
  const firstTrainedBlock = Math.min(shape.firstTrainedBlock, DECODER_ALONE);
  const backbone = efficientNetLite(network, { outputStride: OUTPUT_STRIDE, firstTrainedBlock, random });
  const channels = stageChannels();
  const decoder = deepLabV3Plus(network, {
    convolutions: 'separable',
    inputs: channels.at(-1) ?? 0,
    lowLevelInputs: channels[LOW_LEVEL_STAGE] ?? 0,
    classes: shape.classes + 1,
    channels: shape.decoderChannels,
    outputStride: OUTPUT_STRIDE,
    dropout: shape.dropout,
    random,
  });
  const cut = new Cut();
  return {
    parameters: network.parameters,
    frozen: (images) => {
      const { x, stages } = cut.note(backbone.frozen(images));
      return [x, ...stages.slice(LOW_LEVEL_STAGE, LOW_LEVEL_STAGE + 1)];
    },
    logits: (taps, pass) => {
      const stages = backbone.learntStages(cut.resume(taps), pass);
      const [deep, lowLevel] = [stages.at(-1), stages[LOW_LEVEL_STAGE]];
      if (deep === undefined || lowLevel === undefined) throw new Error('the backbone gave no stages');
      return decoder(deep, lowLevel, pass);
    },
  };
}

/**
 * Where the frozen part of a network ends. Kept taps hold the tensors that are read again, the deepest and, where it is
 * done, the low-level stage; the other finished stages are not kept, and the deepest stands in for them.
 */
class Cut {
  #nextLayer: number | null = null;
  #stagesDone = 0;

  note(progress: Progress): Progress {
    this.#nextLayer = progress.nextLayer;
    this.#stagesDone = progress.stages.length;
    return progress;
  }

  resume([x, lowLevel]: readonly Tensor4D[]): Progress {
    if (this.#nextLayer === null || x === undefined) throw new Error('no frozen layers were run before the layers that learn');
    return { nextLayer: this.#nextLayer, x, stages: Array.from({ length: this.#stagesDone }, (_, stage) => (stage === LOW_LEVEL_STAGE ? (lowLevel ?? x) : x)) };
  }
}
