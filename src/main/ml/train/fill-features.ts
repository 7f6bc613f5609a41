import type { Batches, BatchItem } from '../data/batches.ts';
import type { StageContext } from '../stage.ts';
import type { FrozenFeatures } from './frozen-features.ts';

export interface FillPlan {
  readonly batches: Batches;
  readonly features: FrozenFeatures;
  readonly epochs: number;
  readonly views: number;
  /** Given the first views, to be shown. */
  firstBatch(items: readonly BatchItem[]): void;
}

/**
 * Runs the frozen layers over every view before the first step, as far as there is room. Changes no number: it only makes steps cost alike, so that
 * the time left can be told. Does nothing where each epoch has new views, or too few epochs follow to meet them all.
 */
export async function fillFeatures(context: StageContext, plan: FillPlan): Promise<void> {
  const { batches, features } = plan;
  if (plan.epochs < plan.views) return;
  let done = 0;
  for await (const items of batches.allViews()) {
    await context.breathe();
    if (done === 0) plan.firstBatch(items);
    if (!items.every((item) => features.keep(item))) return;
    done += items.length;
    context.report.progress(done, batches.viewCount, 'views');
  }
}
