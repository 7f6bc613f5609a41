import type * as z from 'zod';
import type { predictionsConfig } from '../stages/predict-masks.ts';
import type { classifierConfig } from '../stages/train-classifier.ts';
import type { segmenterConfig } from '../stages/train-segmenter.ts';

/**
 * The `quick` preset: long side at most 416 px, scales 0.75 and 1 with the mirrored photo, early stages frozen, and a fixed set of augmented views
 * a photo, so that frozen layers run once a view. Minutes on two CPU cores.
 */
export const quickClassifier: Partial<z.input<typeof classifierConfig>> = {
  epochs: 200,
  batchSize: 16,
  longSideFrom: 416,
  longSideTo: 416,
  cropping: false,
  views: 4,
  firstTrainedBlock: 17,
  learningRate: 0.1,
  dropout: 0.8,
  weightDecay: 3e-5,
  validateEvery: 20,
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

export const quickPredictions: Partial<z.input<typeof predictionsConfig>> = { longSide: 416, scales: [0.75, 1] };
