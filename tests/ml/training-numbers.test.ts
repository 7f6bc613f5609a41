import { createHash } from 'node:crypto';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { efficientNetLite, FEATURE_CHANNELS, stageChannels } from '#main/ml/nn/backbones/efficientnet-lite.ts';
import { gradients } from '#main/ml/nn/gradients.ts';
import { camHead } from '#main/ml/nn/heads/cam.ts';
import { deepLabV3Plus } from '#main/ml/nn/heads/deeplab-v3plus.ts';
import type { Pass } from '#main/ml/nn/network.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { sgd } from '#main/ml/optim/sgd.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { useEngine } from '../support/engines.ts';

let backend: TensorBackend;
beforeAll(async () => {
  backend = await useEngine('native');
});

const SIDE = 33;
const BATCH = 2;
const CLASSES = 4;

interface Trained {
  readonly hash: string;
  readonly losses: number[];
  readonly tensorsAfterFirstStep: number;
  readonly tensorsAtEnd: number;
}

type LossOf = (parameters: ParamStore) => (images: Tensor4D, pass: Pass) => Scalar;

/** Whole backbone and head from random weights, on one batch, so every kernel of training takes part. */
async function train(build: LossOf, steps: number, seed: number): Promise<Trained> {
  const { tf } = backend;
  const parameters = new ParamStore(tf);
  const loss = build(parameters);
  const optimiser = sgd(tf, parameters.trainable(), {
    momentum: 0.9,
    weightDecay: () => 1e-4,
    multiplier: ({ group }) => (group === 'head' ? 10 : 1),
  });
  const pixels = randomFor(seed, 'pixels');
  const images = tf.tensor4d(
    Float32Array.from({ length: BATCH * SIDE * SIDE * 3 }, () => pixels.between(-1, 1)),
    [BATCH, SIDE, SIDE, 3],
  );
  const losses: number[] = [];
  const tensors: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    const found = gradients(tf, parameters.trainable(), () => loss(images, { random: randomFor(seed, step) }));
    losses.push(found.loss.dataSync<'float32'>()[0] ?? Number.NaN);
    optimiser.step(found.byName, 1e-3);
    found.dispose();
    tensors.push(tf.memory().numTensors);
  }
  const hash = createHash('sha256');
  for (const [name, { values }] of await parameters.export()) hash.update(name).update(new Uint8Array(values.buffer));
  const result = { hash: hash.digest('hex'), losses, tensorsAfterFirstStep: tensors[0] ?? 0, tensorsAtEnd: tensors.at(-1) ?? 0 };
  optimiser.dispose();
  parameters.dispose();
  images.dispose();
  return result;
}

const classifier: LossOf = (parameters) => {
  const { tf } = backend;
  const network = { backend, parameters };
  const random = randomFor(5, 'initial');
  const backbone = efficientNetLite(network, { outputStride: 16, firstTrainedBlock: 0, random });
  const head = camHead(network, { inputs: FEATURE_CHANNELS, classes: CLASSES, dropout: 0.5, initialBias: null, random });
  return (images, pass) => {
    const tags = tf.tensor2d(
      Float32Array.from({ length: BATCH * CLASSES }, (_, i) => (i % 3 === 0 ? 1 : 0)),
      [BATCH, CLASSES],
    );
    return multiLabelSoftMargin(tf, head.logits(backbone.learnt(backbone.frozen(images), pass).last, pass), tags);
  };
};

const segmenter: LossOf = (parameters) => {
  const network = { backend, parameters };
  const random = randomFor(5, 'initial');
  // Dilated blocks and the decoder learn; the classifier covers the rest.
  const backbone = efficientNetLite(network, { outputStride: 16, firstTrainedBlock: 11, random });
  const decoder = deepLabV3Plus(network, {
    convolutions: 'separable',
    inputs: stageChannels()[6] ?? 0,
    lowLevelInputs: stageChannels()[1] ?? 0,
    classes: CLASSES,
    channels: 32,
    outputStride: 16,
    dropout: 0.1,
    random,
  });
  return (images, pass) => {
    const stages = backbone.learntStages(backbone.frozen(images), pass);
    const logits = decoder(stages[6] as Tensor4D, stages[1] as Tensor4D, pass);
    expect(logits.shape).toEqual([BATCH, 9, 9, CLASSES]);
    const labels = Uint8Array.from({ length: BATCH * 9 * 9 }, (_, i) => (i % 7 === 0 ? 255 : i % CLASSES));
    return pixelCrossEntropy(backend, logits, labels);
  };
};

describe.each([
  ['classifier', classifier],
  ['segmenter', segmenter],
] as const)('%s', (_, build) => {
  it('gives the same bits twice over 20 steps, a lower loss, and leaves no tensor behind', async () => {
    const before = backend.tf.memory().numTensors;
    const [once, again] = [await train(build, 20, 3), await train(build, 20, 3)];
    expect(again.hash).toBe(once.hash);
    expect(again.losses).toEqual(once.losses);
    expect(Math.min(...once.losses.slice(-3))).toBeLessThan(once.losses[0] ?? 0);
    // The first step makes the optimiser's slots; later ones make nothing that stays.
    expect(once.tensorsAtEnd).toBe(once.tensorsAfterFirstStep);
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('gives other bits for another seed', async () => {
    expect((await train(build, 2, 4)).hash).not.toBe((await train(build, 2, 3)).hash);
  });
});
