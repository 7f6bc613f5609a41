/**
 * Average precision of a ranking, all points: AP = Σ_n (R_n − R_{n−1}) · P_n over the distinct scores from high to low.
 * Items of one score are one step (precision and recall are taken after all of them), so their order does not matter.
 * The same as scikit-learn's average_precision_score. Null when there is no positive.
 */
export function averagePrecision(scores: ArrayLike<number>, positive: ArrayLike<number>): number | null {
  if (scores.length !== positive.length) throw new RangeError(`averagePrecision: ${scores.length} scores for ${positive.length} items`);
  const order = Array.from({ length: scores.length }, (_, index) => index);
  const scoreOf = (index: number): number => scores[index] ?? 0;
  order.sort((a, b) => scoreOf(b) - scoreOf(a));
  let positives = 0;
  for (let index = 0; index < positive.length; index++) if (positive[index] === 1) positives += 1;
  if (positives === 0) return null;
  let found = 0;
  let foundBefore = 0;
  let sum = 0;
  for (const [rank, index] of order.entries()) {
    if (positive[index] === 1) found += 1;
    const next = order[rank + 1];
    if (next !== undefined && scoreOf(next) === scoreOf(index)) continue;
    sum += ((found - foundBefore) / positives) * (found / (rank + 1));
    foundBefore = found;
  }
  return sum;
}

export interface MeanAveragePrecision {
  /** Mean over the classes that have a positive; null when none has. */
  readonly mean: number | null;
  /** By class; null where it has no positive. */
  readonly perClass: readonly (number | null)[];
}

/** AP of each class over a set: `scores` and `tags` are [items, classes], row-major; tags are 0 or 1. */
export function meanAveragePrecision(scores: ArrayLike<number>, tags: ArrayLike<number>, classes: number): MeanAveragePrecision {
  const items = scores.length / classes;
  if (!Number.isInteger(items) || tags.length !== scores.length) {
    throw new RangeError(`meanAveragePrecision: ${scores.length} scores and ${tags.length} tags do not fill rows of ${classes} classes`);
  }
  const perClass: (number | null)[] = [];
  for (let channel = 0; channel < classes; channel++) {
    const classScores = new Float64Array(items);
    const classTags = new Uint8Array(items);
    for (let item = 0; item < items; item++) {
      classScores[item] = scores[item * classes + channel] ?? 0;
      classTags[item] = tags[item * classes + channel] ?? 0;
    }
    perClass.push(averagePrecision(classScores, classTags));
  }
  const known = perClass.filter((value) => value !== null);
  return { mean: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length, perClass };
}
