import { PenumbraError } from '../errors.ts';
import { IGNORE } from '../domain/classes.ts';
import type { Planes } from '../raster/planes.ts';
import type { Confusion } from './confusion.ts';

/**
 * Confusions at many background thresholds from one pass an image. A pixel is its best class where that score is above the
 * threshold, else background; so each pixel is counted once, at the number of thresholds it passes, and the confusion at a
 * threshold is a sum over those counts. Equal to thresholding anew each time (background wins ties, as in `argmaxPlanes`).
 */
export class ThresholdSweep {
  readonly thresholds: readonly number[];
  readonly labels: number;
  /** As float32, in which scores and threshold planes are compared. */
  readonly #limits: Float32Array;
  /** Pixels by how many thresholds they pass, truth and best class. */
  readonly #passing: Float64Array; // [thresholds + 1, labels, labels]
  readonly #truthPixels: Float64Array; // [labels]

  /** `thresholds` ascending; `labels` = background and classes. */
  constructor(thresholds: readonly number[], labels: number) {
    if (thresholds.some((value, index) => index > 0 && value <= (thresholds[index - 1] ?? 0))) {
      throw new RangeError(`threshold sweep: expected ascending thresholds, got ${thresholds.join(', ')}`);
    }
    this.thresholds = thresholds;
    this.labels = labels;
    this.#limits = Float32Array.from(thresholds);
    this.#passing = new Float64Array((thresholds.length + 1) * labels * labels);
    this.#truthPixels = new Float64Array(labels);
  }

  /** Adds one image: class scores [K, H, W] at truth size with the label of each plane, and truth [H * W]. */
  add(scores: Planes, keys: readonly number[], truth: Uint8Array): void {
    const pixels = scores.width * scores.height;
    if (truth.length !== pixels) throw new RangeError(`threshold sweep: ${truth.length} truth pixels for scores of ${pixels}`);
    const outside = keys.find((key) => key < 1 || key >= this.labels);
    if (outside !== undefined) throw unknownLabel('score maps hold class', outside, this.labels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const row = truth[pixel] ?? IGNORE;
      if (row === IGNORE) continue;
      if (row >= this.labels) throw unknownLabel('truth holds label', row, this.labels);
      this.#truthPixels[row] = (this.#truthPixels[row] ?? 0) + 1;
      let best = -Infinity;
      let label = 0;
      for (let plane = 0; plane < scores.count; plane++) {
        const score = scores.data[plane * pixels + pixel] ?? 0;
        if (score > best) {
          best = score;
          label = keys[plane] ?? 0;
        }
      }
      if (label === 0) continue; // no class at all: background at every threshold
      const cell = (this.#passed(best) * this.labels + row) * this.labels + label;
      this.#passing[cell] = (this.#passing[cell] ?? 0) + 1;
    }
  }

  /** The confusion at each threshold, in their order. */
  confusions(): Confusion[] {
    const { labels } = this;
    const foreground = new Float64Array(labels * labels);
    const result: Confusion[] = [];
    for (let index = this.thresholds.length - 1; index >= 0; index--) {
      // Passing `index + 1` thresholds or more means being above threshold `index`.
      const start = (index + 1) * labels * labels;
      for (let cell = 0; cell < foreground.length; cell++) foreground[cell] = (foreground[cell] ?? 0) + (this.#passing[start + cell] ?? 0);
      result.unshift(this.#confusion(foreground));
    }
    return result;
  }

  #confusion(foreground: Float64Array): Confusion {
    const { labels } = this;
    const counts = new Float64Array(labels * (labels + 1));
    for (let row = 0; row < labels; row++) {
      let background = this.#truthPixels[row] ?? 0;
      for (let column = 1; column < labels; column++) {
        const count = foreground[row * labels + column] ?? 0;
        counts[row * (labels + 1) + column] = count;
        background -= count;
      }
      counts[row * (labels + 1)] = background;
    }
    return { labels, counts };
  }

  /** How many thresholds lie below the score, by bisection. */
  #passed(score: number): number {
    let low = 0;
    let high = this.#limits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#limits[middle] ?? 0) < score) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function unknownLabel(what: string, label: number, labels: number): PenumbraError {
  return new PenumbraError('MASK_UNKNOWN_CLASS', `The ${what} ${label}; expected at most ${labels - 1}.`, {
    remedy: 'Check that masks, score maps and the class list belong together.',
    details: { label, labels },
  });
}
