import { step, type Recipe } from '../recipe.ts';
import { scoreLayers } from '../stages/score-layers.ts';
import { weakBaseline } from './weak-baseline.ts';

const { classifier, cams, seeds, refined } = weakBaseline.steps;

/** tags → classifier → CAMs → seeds → refined → scores: the weak baseline without its segmenter, for trying refinements. */
export const pseudoLabels: Recipe = {
  id: 'pseudo-labels',
  title: 'Pseudo-labels',
  summary: 'The weak baseline up to its refined masks: for comparing thresholds and refinements without training a segmenter.',
  steps: {
    classifier,
    cams,
    seeds,
    refined,
    scores: step(scoreLayers, { cams: 'cams', seeds: 'seeds', refined: 'refined' }),
  },
};
