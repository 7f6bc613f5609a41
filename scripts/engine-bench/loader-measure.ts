import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { SamplePool } from '#main/ml/data/sample-pool.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import { trainClassifier } from '#main/ml/stages/train-classifier.ts';
import { FrozenFeatures } from '#main/ml/train/frozen-features.ts';
import { networkLearner } from '#main/ml/train/learner.ts';
import { train } from '#main/ml/train/loop.ts';
import { classifierNetwork } from '#main/ml/train/networks.ts';
import { sampleClasses } from '../../tests/support/sample-images.ts';
import { createStageContext } from '../../tests/support/stage-context.ts';
import { TimedBatches } from './timed-batches.ts';
import { vocSizedPhotos } from './training-photos.ts';

export interface LoaderTimes {
  /** After the first, which waits for the pool to start. */
  readonly steps: number;
  readonly workers: number;
  readonly seconds: number;
  readonly waitedSeconds: number;
  /** waitedSeconds / seconds: below 0.05. */
  readonly share: number;
}

const WORKERS = 2;

/**
 * How long training waits for photos: the classifier of the `full` preset, EfficientNet-Lite0 on crops of 448 px in batches of 16, a new view of each photo
 * an epoch, photos of VOC's size.
 */
export async function measureLoader(backend: TensorBackend, epochs = 3): Promise<LoaderTimes> {
  const { tf } = backend;
  const config = trainClassifier.config.parse({ epochs });
  const folder = await vocSizedPhotos();
  const pool = new SamplePool(WORKERS);
  const classes = sampleClasses.length;
  const network = classifierNetwork(backend, { ...config, classes, initialBias: null, seed: 0 });
  const features = new FrozenFeatures(backend, network.frozen, 0);
  const learner = networkLearner({
    backend,
    parameters: network.parameters,
    features,
    settings: config,
    seed: 0,
    loss: (taps, _labels, { items }, pass) =>
      multiLabelSoftMargin(tf, network.logits(taps, pass), tf.tensor2d(items.flatMap(({ image }) => image.record.tags ?? []), [items.length, classes])),
  });
  try {
    const strength = config.colourJitter;
    const batches = new TimedBatches(
      {
        images: folder.photos.map((record) => ({ record, labels: () => null })),
        batchSize: config.batchSize,
        seed: 0,
        augmentation: {
          kind: 'tags',
          longSideFromPx: config.longSideFrom,
          longSideToPx: config.longSideTo,
          cropPx: config.crop,
          mirror: true,
          jitter: { brightness: strength, contrast: strength, saturation: strength, hue: config.hueJitter },
        },
        views: 0,
        held: () => false,
        refused: (record) => {
          throw new Error(`${record.photoPath} cannot be read`);
        },
      },
      pool,
    );
    let startMs = performance.now();
    const context = createStageContext({ backend, onBreathe: () => (batches.waitedMs.length === 1 ? (startMs = performance.now()) : undefined) });
    await train(context, { epochs, checkpointEverySteps: config.checkpointEvery, batches, learner, learningRateAt: learner.learningRateAt });
    const seconds = (performance.now() - startMs) / 1000;
    const waitedSeconds = batches.waitedMs.slice(1).reduce((sum, ms) => sum + ms, 0) / 1000;
    return { steps: batches.waitedMs.length - 1, workers: WORKERS, seconds, waitedSeconds, share: waitedSeconds / seconds };
  } finally {
    await pool.close();
    learner.dispose();
    features.dispose();
    network.parameters.dispose();
    await folder.remove();
  }
}
