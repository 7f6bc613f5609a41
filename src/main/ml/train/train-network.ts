import type { MaskAugmentation, TagAugmentation } from '../data/augment.ts';
import { Batches, type TrainingImage } from '../data/batches.ts';
import type { SamplePool } from '../data/sample-pool.ts';
import { firstBatchReporter } from '../pictures/batch-sheet.ts';
import type { StageContext } from '../stage.ts';
import { fillFeatures } from './fill-features.ts';
import { FEATURE_BYTES, FrozenFeatures } from './frozen-features.ts';
import { networkLearner, type LearnerSettings, type Loss } from './learner.ts';
import { train } from './loop.ts';
import type { CutNetwork } from './networks.ts';
import { Refusals } from './refusals.ts';

/** How long and how to learn, named as in the stages. */
interface TrainingSettings extends LearnerSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** Augmented views of a photo over the run; 0 = new ones each epoch. */
  readonly views: number;
  /** Steps between two checkpoints. */
  readonly checkpointEvery: number;
}

export interface Lesson {
  readonly network: CutNetwork;
  readonly images: readonly TrainingImage[];
  readonly augmentation: TagAugmentation | MaskAugmentation;
  readonly settings: TrainingSettings;
  readonly pool: SamplePool;
  readonly loss: Loss;
  /** Called at the end of each epoch, 1-based. Must not change the network. */
  readonly epochEnded?: (epoch: number) => Promise<void>;
}

/**
 * Trains the part of a network that learns, on augmented views of photos, from the last checkpoint or from the start.
 * @returns how many photos could not be used; the log names them
 * @throws as `train` does
 */
export async function trainNetwork(context: StageContext, { network, images, augmentation, settings, pool, loss, epochEnded }: Lesson): Promise<number> {
  const { backend, seed } = context;
  const refusals = new Refusals(context);
  const features = new FrozenFeatures(backend, network.frozen, settings.views === 0 ? 0 : FEATURE_BYTES);
  const learner = networkLearner({ backend, parameters: network.parameters, features, settings, seed, loss });
  try {
    const { batchSize, views, epochs } = settings;
    const batches = new Batches({ images, batchSize, seed, augmentation, views, held: (key) => features.held(key), refused: refusals.note }, pool);
    const firstBatch = firstBatchReporter(context);
    await fillFeatures(context, { batches, features, epochs, views, firstBatch });
    await train(context, {
      epochs,
      checkpointEverySteps: settings.checkpointEvery,
      batches,
      learner,
      learningRateAt: learner.learningRateAt,
      firstBatch,
      ...(epochEnded === undefined ? {} : { epochEnded: (epoch) => learner.withFinalWeights(() => epochEnded(epoch)) }),
    });
    learner.finish();
  } finally {
    learner.dispose();
    features.dispose();
  }
  return refusals.count;
}
