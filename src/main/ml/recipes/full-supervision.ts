import { step, type Recipe } from '../recipe.ts';
import { grantedMasks } from '../stages/granted-masks.ts';
import { predictMasks } from '../stages/predict-masks.ts';
import { scoreLayers } from '../stages/score-layers.ts';
import { trainSegmenter } from '../stages/train-segmenter.ts';
import { quickPredictions, quickSegmenter } from './quick.ts';

/** granted masks → segmenter → masks → scores: what the same segmenter reaches with every pixel labelled. */
export const fullSupervision: Recipe = {
  id: 'full-supervision',
  title: 'Full supervision',
  summary: 'The weak baseline’s segmenter, trained on the masks that the supervision grants: the ceiling that pseudo-labels are measured against.',
  steps: {
    masks: step(grantedMasks, {}),
    segmenter: step(trainSegmenter, { labels: 'masks' }, { quick: quickSegmenter }),
    predictions: step(predictMasks, { model: 'segmenter' }, { quick: quickPredictions }),
    scores: step(scoreLayers, { segmenter: 'predictions' }),
  },
};
