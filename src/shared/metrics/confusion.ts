import { PenumbraError } from '../errors.ts';
import { IGNORE } from '../domain/classes.ts';

/**
 * Pixel counts over a whole set: row = truth 0..labels-1, column = prediction 0..labels-1, and one last column for
 * predictions of 255. Pixels whose truth is 255 are dropped.
 */
export interface Confusion {
  /** Background and classes: C + 1. */
  readonly labels: number;
  readonly counts: Float64Array; // [labels, labels + 1]
}

export function createConfusion(labels: number): Confusion {
  return { labels, counts: new Float64Array(labels * (labels + 1)) };
}

/** Adds one image. MASK_UNKNOWN_CLASS when truth or prediction holds a label that is neither in 0..labels-1 nor 255. */
export function addToConfusion(confusion: Confusion, truth: Uint8Array, predicted: Uint8Array): void {
  const { labels, counts } = confusion;
  if (truth.length !== predicted.length) throw new RangeError(`confusion: ${truth.length} truth pixels, ${predicted.length} predicted`);
  const columns = columnOfLabel(labels);
  for (let pixel = 0; pixel < truth.length; pixel++) {
    const row = truth[pixel] ?? IGNORE;
    if (row === IGNORE) continue;
    const column = columns[predicted[pixel] ?? IGNORE] ?? -1;
    if (row >= labels) throw unknownLabel('truth', row, labels);
    if (column === -1) throw unknownLabel('prediction', predicted[pixel] ?? 0, labels);
    const cell = row * (labels + 1) + column;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
}

/** Adds the counts of `other`. */
export function mergeConfusion(confusion: Confusion, other: Confusion): void {
  if (confusion.labels !== other.labels) throw new RangeError(`confusion: ${confusion.labels} and ${other.labels} labels cannot be merged`);
  for (const [cell, count] of other.counts.entries()) confusion.counts[cell] = (confusion.counts[cell] ?? 0) + count;
}

/** The matrix as rows. */
export function confusionRows(confusion: Confusion): number[][] {
  const width = confusion.labels + 1;
  return Array.from({ length: confusion.labels }, (_, row) => Array.from(confusion.counts.subarray(row * width, (row + 1) * width)));
}

function columnOfLabel(labels: number): Int16Array {
  const columns = new Int16Array(256).fill(-1);
  for (let label = 0; label < labels; label++) columns[label] = label;
  columns[IGNORE] = labels;
  return columns;
}

function unknownLabel(where: string, label: number, labels: number): PenumbraError {
  return new PenumbraError('MASK_UNKNOWN_CLASS', `The ${where} holds label ${label}; expected 0 to ${labels - 1}, or 255.`, {
    remedy: 'Check that the mask and the class list belong together.',
    details: { label, labels },
  });
}
