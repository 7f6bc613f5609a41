import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { MaskAugmentation, TagAugmentation } from '#main/ml/data/augment.ts';
import { Batches, type TrainingImage } from '#main/ml/data/batches.ts';
import type { SamplePool } from '#main/ml/data/sample-pool.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import type { Pass } from '#main/ml/nn/network.ts';
import { buildNetwork, type Model } from '#main/ml/nn/networks/build.ts';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';
import { randomFor, shuffled } from '#main/ml/random/random.ts';
import { FrozenFeatures } from '#main/ml/train/frozen-features.ts';
import { networkLearner, type LearnerSettings } from '#main/ml/train/learner.ts';
import { train } from '#main/ml/train/loop.ts';
import { sampleClasses, sampleImages } from './sample-images.ts';
import { createStageContext, type TestContext } from './stage-context.ts';

/** A network to be trained, interrupted and resumed. */
export interface Specimen {
  readonly name: string;
  readonly table: NetworkTable;
  readonly target: 'tags' | 'masks';
  readonly cropPx: number;
  readonly settings: LearnerSettings;
}

const PLAIN: LearnerSettings = {
  optimiser: 'sgd',
  learningRate: 0.01,
  headMultiplier: 10,
  momentum: 0.9,
  weightDecay: 1e-4,
  schedule: 'poly',
  polyPower: 0.9,
  stepEpochs: 10,
  milestones: [],
  stepFactor: 0.1,
  warmUpEpochs: 0,
  clipValue: 0,
  clipNorm: 0,
  accumulate: 1,
  averaging: 0,
};

/** Three networks from the catalogue's tables, small; between them every optimiser's slots, moments of batches, dropout, parts and averages. */
export const SPECIMENS: readonly Specimen[] = [
  {
    name: 'DeepLabV3 on a ResNet, Nesterov, limited gradients, masks',
    table: { backbone: { family: 'resnet', table: { stem: 8, width: 4, blocks: [1, 2, 2, 2] } }, head: { kind: 'deeplab-v3', auxiliary: true }, prefix: 'backbone.', outputStride: 8 },
    target: 'masks',
    cropPx: 33,
    settings: { ...PLAIN, optimiser: 'nesterov', clipNorm: 1 },
  },
  {
    name: 'EfficientNet-Lite with class maps, psa’s optimiser, batches in parts',
    table: { backbone: { family: 'efficientnet-lite', table: { width: 0.25, depth: 0.5 } }, head: { kind: 'cam', name: 'fc8', dropout: 0.5 }, prefix: '', outputStride: 16 },
    target: 'tags',
    cropPx: 48,
    settings: { ...PLAIN, optimiser: 'psa', accumulate: 2 },
  },
  {
    name: 'a transformer, AdamW, warm-up and cosine, averaged weights',
    table: { backbone: { family: 'vit', table: { channels: 32, depth: 3, heads: 2, patch: 16, grid: 3 } }, head: { kind: 'own' }, prefix: '', outputStride: 16 },
    target: 'tags',
    cropPx: 48,
    settings: { ...PLAIN, optimiser: 'adamw', learningRate: 1e-3, weightDecay: 0.05, schedule: 'cosine', warmUpEpochs: 2, averaging: 0.9 },
  },
];

const BATCH = 2;
const CHECKPOINT_EVERY = 3;

export interface Trial {
  readonly backend: TensorBackend;
  readonly pool: SamplePool;
  readonly specimen: Specimen;
  /** A multiple of 4: steps of an epoch over eight photos. */
  readonly steps: number;
}

/** sha256 of all that a run leaves, unbroken. */
export async function unbroken(trial: Trial): Promise<string> {
  return runPart(trial, createStageContext({ seed: 11, backend: trial.backend }));
}

/** The same of a run that is stopped at this many random steps, each time going on in a new network and optimiser from what lies on the disk. */
export async function interrupted(trial: Trial, interruptions: number): Promise<string> {
  const steps = shuffled(Array.from({ length: trial.steps - 1 }, (_, at) => at + 1), randomFor(trial.specimen.name, 'stops'));
  const stops = steps.slice(0, interruptions).sort((a, b) => a - b);
  let checkpoint: Uint8Array | undefined;
  for (const stopAt of stops) {
    const abort = new AbortController();
    const context: TestContext = createStageContext({
      seed: 11,
      backend: trial.backend,
      signal: abort.signal,
      onBreathe: () => ((context.progressed.at(-1)?.done ?? 0) >= stopAt ? abort.abort() : undefined),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
    const end = await runPart(trial, context).catch((error: unknown) => error);
    if (typeof end === 'string' || (end as { code?: unknown }).code !== 'RUN_CANCELLED') throw new Error(`not stopped at step ${stopAt}`, { cause: end });
    checkpoint = context.checkpoints.at(-1);
  }
  return runPart(trial, createStageContext({ seed: 11, backend: trial.backend, ...(checkpoint === undefined ? {} : { checkpoint }) }));
}

async function runPart({ backend, pool, specimen, steps }: Trial, context: TestContext): Promise<string> {
  const images = sampleImages('train', 8).map((record): TrainingImage => {
    const { maskPath } = record;
    if (specimen.target === 'tags' || maskPath === null) return { record, labels: () => null };
    return { record, labels: () => Promise.resolve({ name: maskPath, png: readFileSync(maskPath), lastClass: sampleClasses.length }) };
  });
  const classes = sampleClasses.length + (specimen.target === 'masks' ? 1 : 0);
  const model = buildNetwork(backend, specimen.table, { classes, norm: 'batch', random: randomFor(11, 'initial') });
  const features = new FrozenFeatures(backend, (image) => [image], 0);
  const learner = networkLearner({
    backend,
    parameters: model.parameters,
    features,
    settings: specimen.settings,
    seed: 11,
    loss: ([taps], labels, { items }, pass) => lossOf(backend, model, taps as Tensor4D, labels ?? items.flatMap(({ image }) => image.record.tags ?? []), pass),
  });
  try {
    const refused = (_record: unknown, error: unknown): never => {
      throw error as Error;
    };
    const batches = new Batches({ images, batchSize: BATCH, seed: 11, augmentation: augmentation(specimen), views: 0, held: () => false, refused }, pool);
    const epochs = steps / batches.stepsPerEpoch;
    await train(context, { epochs, checkpointEverySteps: CHECKPOINT_EVERY, batches, learner, learningRateAt: learner.learningRateAt });
    const hash = createHash('sha256');
    // Slots stand in the order in which they came about, or in that of the checkpoint.
    const state = [...(await learner.state())].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, { values }] of state) hash.update(name).update(new Uint8Array(values.buffer));
    learner.finish();
    for (const [name, { values }] of await model.parameters.export()) hash.update(name).update(new Uint8Array(values.buffer));
    return hash.digest('hex');
  } finally {
    learner.dispose();
    features.dispose();
    model.parameters.dispose();
  }
}

function lossOf(backend: TensorBackend, model: Model, images: Tensor4D, target: Uint8Array | readonly number[], pass: Pass): Scalar {
  const { tf } = backend;
  if (!(target instanceof Uint8Array)) {
    const logits = model.forward(images, pass) as Tensor2D;
    return multiLabelSoftMargin(tf, logits, tf.tensor2d([...target], [logits.shape[0], logits.shape[1]]));
  }
  const aux: Tensor[] = [];
  const logits = model.forward(images, { ...pass, tap: (name, value) => name === 'aux' && aux.push(value) }) as Tensor4D;
  // torchvision's weight of the auxiliary result.
  const parts = aux.map((value) => tf.mul<Scalar>(pixelCrossEntropy(backend, value as Tensor4D, target), 0.5));
  return tf.addN([pixelCrossEntropy(backend, logits, target), ...parts]);
}

function augmentation({ target, cropPx }: Specimen): TagAugmentation | MaskAugmentation {
  const jitter = { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: target === 'tags' ? 0.1 : 0 };
  if (target === 'tags') return { kind: 'tags', longSideFromPx: 48, longSideToPx: 80, cropPx, mirror: true, jitter };
  return { kind: 'masks', longSidePx: 64, scaleFrom: 0.75, scaleTo: 1.25, cropPx, mirror: true, jitter };
}
