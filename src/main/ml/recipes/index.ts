import type { Recipe } from '../recipe.ts';
import { fullSupervision } from './full-supervision.ts';
import { pseudoLabels } from './pseudo-labels.ts';
import { weakBaseline } from './weak-baseline.ts';

/** Every recipe there is, in the order that lists show. */
export const recipes: readonly Recipe[] = [weakBaseline, pseudoLabels, fullSupervision];
