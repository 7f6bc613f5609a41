import { expect, it } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import { planScoring } from './scores.ts';

const optional = { optional: true };

/** classifier → cams → seeds → scores, and predictions → scores. */
const recipe = {
  id: 'tiny',
  steps: {
    classifier: { stage: { reads: ['tags'], inputs: {} }, from: {} },
    cams: { stage: { reads: ['photos'], inputs: { model: {} } }, from: { model: 'classifier' } },
    predictions: { stage: { reads: ['photos'], inputs: {} }, from: {} },
    scores: { stage: { reads: ['truth'], inputs: { cams: optional, segmenter: optional } }, from: { cams: 'cams', segmenter: 'predictions' } },
  },
} as unknown as Recipe;

const base = {
  id: 'run_a',
  steps: [
    { step: 'classifier', artifact: 'weights' },
    { step: 'cams', artifact: 'cams' },
    { step: 'predictions', artifact: 'masks' },
    { step: 'scores', artifact: 'table' },
  ],
} as unknown as RunSummary;

it('scores what the project holds, though weights and predictions were given up or not brought along', () => {
  const held = new Set(['cams', 'table']);
  expect(planScoring(recipe, base, (key) => held.has(key))).toEqual({ given: { cams: 'cams' }, only: ['scores'] });
});

it('refuses when nothing is left to score', () => {
  expect(() => planScoring(recipe, base, (key) => key === 'weights')).toThrow('nothing that can be scored');
});
