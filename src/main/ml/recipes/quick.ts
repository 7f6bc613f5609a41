import type * as z from 'zod';
import type { predictionsConfig } from '../stages/predict-masks.ts';
import type { classifierConfig } from '../stages/train-classifier.ts';
import type { segmenterConfig } from '../stages/train-segmenter.ts';

/**
 * The `quick` preset: long side at most 416 px, scales 0.75 and 1 with the mirrored photo, early stages frozen, and a fixed set of augmented views
 * a photo, so that frozen layers run once a view. Minutes on two CPU cores.
 */
export const quickClassifier: Partial<z.input<typeof classifierConfig>> = {
  epochs: 40,
  batchSize: 16,
  longSideFrom: 288,
  longSideTo: 416,
  crop: 352,
  views: 6,
  firstTrainedBlock: 17,
  learningRate: 0.05,
  dropout: 0.7,
  weightDecay: 1e-4,
  validateEvery: 5,
};

/** Both recipes train the same segmenter, so that their figures can be compared. */
export const quickSegmenter: Partial<z.input<typeof segmenterConfig>> = {
  decoderChannels: 128,
  epochs: 30,
  batchSize: 8,
  longSide: 416,
  scaleFrom: 0.75,
  scaleTo: 1.25,
  crop: 352,
  views: 6,
  firstTrainedBlock: 16,
  learningRate: 0.005,
};

export const quickPredictions: Partial<z.input<typeof predictionsConfig>> = { longSide: 416, scales: [1] };
