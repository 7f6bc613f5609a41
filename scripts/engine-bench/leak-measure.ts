import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { Batches } from '#main/ml/data/batches.ts';
import { SamplePool } from '#main/ml/data/sample-pool.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { trainClassifier } from '#main/ml/stages/train-classifier.ts';
import { FrozenFeatures } from '#main/ml/train/frozen-features.ts';
import { networkLearner } from '#main/ml/train/learner.ts';
import { train } from '#main/ml/train/loop.ts';
import { sampleClasses, sampleImages } from '../../tests/support/sample-images.ts';
import { createStageContext } from '../../tests/support/stage-context.ts';

export interface Leaks {
  readonly steps: number;
  /** Tensors after a fifth of the steps, and at the end: equal. */
  readonly tensors: readonly [early: number, late: number];
  /** Resident bytes with garbage collected: the medians over the third tenth of the steps, when the heap of V8 has its size, and over the last. */
  readonly residentBytes: readonly [early: number, late: number];
  /** Below 0.02. */
  readonly growth: number;
}

/** Looks at tensors and memory, over the run. */
const SAMPLES = 50;

/** What many steps leave behind: a small EfficientNet with the moments of its batches, real photos through the pool, clipping, parts and averages. */
export async function measureLeaks(backend: TensorBackend, steps = 1000): Promise<Leaks> {
  const { tf } = backend;
  const classes = sampleClasses.length;
  const table = { backbone: { family: 'efficientnet-lite', table: { width: 0.25, depth: 0.5 } }, head: { kind: 'cam', name: 'fc8', dropout: 0.5 }, prefix: '', outputStride: 16 } as const;
  const model = buildNetwork(backend, table, { classes, norm: 'batch', random: randomFor(0, 'initial') });
  const pool = new SamplePool(2);
  const features = new FrozenFeatures(backend, (image) => [image], 0);
  const settings = trainClassifier.config.parse({ clipNorm: 1, accumulate: 2, averaging: 0.99 });
  const learner = networkLearner({
    backend,
    parameters: model.parameters,
    features,
    settings,
    seed: 0,
    loss: ([images], _labels, { items }, pass) => {
      if (images === undefined) throw new Error('no photos');
      return multiLabelSoftMargin(tf, model.forward(images, pass) as Tensor2D, tf.tensor2d(items.flatMap(({ image }) => image.record.tags ?? []), [items.length, classes]));
    },
  });
  if (globalThis.gc === undefined) throw new Error('measureLeaks needs --expose-gc');
  const collect = globalThis.gc;
  const every = Math.max(1, Math.floor(steps / SAMPLES));
  const tensors: number[] = [];
  const resident: number[] = [];
  let breaths = 0;
  try {
    const off = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    const batches = new Batches(
      {
        images: sampleImages('train', 64).map((record) => ({ record, labels: () => null })),
        batchSize: 4,
        seed: 0,
        augmentation: { kind: 'tags', longSideFromPx: 64, longSideToPx: 96, cropPx: 64, mirror: true, jitter: off },
        views: 0,
        held: () => false,
        refused: (record) => {
          throw new Error(`${record.photoPath} cannot be read`);
        },
      },
      pool,
    );
    const context = createStageContext({
      backend,
      onBreathe: () => {
        if ((breaths += 1) % every !== 0) return;
        collect();
        tensors.push(tf.memory().numTensors);
        resident.push(process.memoryUsage.rss());
        // What the context of tests notes down is no part of what is measured.
        for (const notes of [context.metrics, context.progressed, context.checkpoints]) notes.length = 0;
      },
    });
    const epochs = Math.ceil(steps / batches.stepsPerEpoch);
    await train(context, { epochs, checkpointEverySteps: 50, batches, learner, learningRateAt: learner.learningRateAt });
  } finally {
    await pool.close();
    learner.dispose();
    features.dispose();
    model.parameters.dispose();
  }
  const tenth = Math.floor(resident.length / 10);
  const [early, late] = [median(resident.slice(2 * tenth, 3 * tenth)), median(resident.slice(-tenth))];
  return { steps: breaths, tensors: [tensors[2 * tenth] ?? 0, tensors.at(-1) ?? 0], residentBytes: [early, late], growth: late / early - 1 };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
