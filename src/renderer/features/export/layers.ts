import type { RecipeInfo } from '#shared/contract/runs.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { ExportRequest } from '../../stores/exports.ts';

export type What = ExportRequest['what'];
export const MASKS: readonly What[] = ['corrected', 'refined', 'seeds', 'predictions'];
export const MODELS: readonly What[] = ['segmenter', 'classifier'];

/** The layer, as the recipe's scoring step names it, that an export comes from or whose model it is. */
const LAYERS: Readonly<Record<What, string>> = { corrected: 'refined', refined: 'refined', seeds: 'seeds', predictions: 'segmenter', segmenter: 'segmenter', classifier: 'cams' };

/** Whether a run has finished what an export needs. The core has the last word; this keeps choices that cannot work from being offered. */
export function holds(run: RunSummary, recipe: RecipeInfo | undefined, what: What): boolean {
  const layer = recipe?.steps.findLast((step) => step.output === 'metrics')?.inputs[LAYERS[what]];
  const step = MODELS.includes(what) ? recipe?.steps.find((item) => item.step === layer)?.inputs['model'] : layer;
  return step !== undefined && run.steps.some((item) => item.step === step && item.artifact !== null);
}
