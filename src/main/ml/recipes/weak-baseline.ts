import { step, type Recipe } from '../recipe.ts';
import { applyCorrections } from '../stages/apply-corrections.ts';
import { makeCams } from '../stages/make-cams.ts';
import { predictMasks } from '../stages/predict-masks.ts';
import { refineCrf } from '../stages/refine-crf.ts';
import { scoreLayers } from '../stages/score-layers.ts';
import { thresholdSeeds } from '../stages/threshold-seeds.ts';
import { trainClassifier } from '../stages/train-classifier.ts';
import { trainSegmenter } from '../stages/train-segmenter.ts';
import { quickClassifier, quickPredictions, quickSegmenter } from './quick.ts';

/** tags → classifier → CAMs → seeds → refined → corrected → segmenter → masks → scores. */
export const weakBaseline = {
  id: 'weak-baseline',
  title: 'Weak baseline',
  summary: 'From image-level tags to masks: class activation maps, a threshold, a dense CRF, your corrections, and a segmenter trained on the result.',
  steps: {
    classifier: step(trainClassifier, {}, { quick: quickClassifier }),
    cams: step(makeCams, { model: 'classifier' }, { quick: { longSide: 416, scales: [0.75, 1] } }),
    seeds: step(thresholdSeeds, { cams: 'cams' }),
    refined: step(refineCrf, { seeds: 'seeds', cams: 'cams' }, { quick: { longSidePx: 416 } }),
    corrected: step(applyCorrections, { masks: 'refined' }),
    segmenter: step(trainSegmenter, { labels: 'corrected', classifier: 'classifier' }, { quick: quickSegmenter }),
    predictions: step(predictMasks, { model: 'segmenter' }, { quick: quickPredictions }),
    scores: step(scoreLayers, { cams: 'cams', seeds: 'seeds', refined: 'refined', corrected: 'corrected', segmenter: 'predictions' }),
  },
} satisfies Recipe;
