import type { ClassInfo } from '#shared/domain/classes.ts';
import type { LayerScore, ScoredImage } from '#shared/domain/score.ts';
import { addToConfusion, confusionRows, createConfusion, mergeConfusion, type Confusion } from '#shared/metrics/confusion.ts';
import { segmentationScore } from '#shared/metrics/iou.ts';
import type { ThresholdSweep } from '#shared/metrics/threshold-sweep.ts';
import type { ImageRecord } from '../stage.ts';
import { scoredImage } from './score-cells.ts';

const WORST_IMAGES = 20;

/** Counts of one layer on one split while images pass by. */
export class LayerTally {
  readonly layer: string;
  readonly split: string;
  readonly #artifact: string;
  readonly #classes: readonly ClassInfo[];
  readonly #confusion: Confusion;
  readonly #perImage: { imageId: string; name: string; miou: number }[] = [];
  readonly #scored: ScoredImage[] = [];
  /** Set by the caller for layers that have score maps. */
  sweep: ThresholdSweep | null = null;
  /** Images with truth on this split that the layer has no mask for. */
  missing = 0;

  constructor(layer: string, split: string, artifact: string, classes: readonly ClassInfo[]) {
    this.layer = layer;
    this.split = split;
    this.#artifact = artifact;
    this.#classes = classes;
    this.#confusion = createConfusion(labelCount(classes));
  }

  get images(): number {
    return this.#scored.length;
  }

  /** Counts one image; MASK_UNKNOWN_CLASS leaves the tally as it was. */
  add(image: ImageRecord, truth: Uint8Array, predicted: Uint8Array): void {
    const own = createConfusion(this.#confusion.labels);
    addToConfusion(own, truth, predicted);
    mergeConfusion(this.#confusion, own);
    this.#scored.push(scoredImage(image, own));
    const { miou } = segmentationScore(own);
    if (miou !== null) this.#perImage.push({ imageId: image.id, name: image.name, miou });
  }

  /** Each image's own confusion, in order of name. */
  scored(): ScoredImage[] {
    return [...this.#scored].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** Null when no pixel was counted. */
  finish(): LayerScore | null {
    const score = segmentationScore(this.#confusion);
    if (score.miou === null || score.pixelAccuracy === null) return null;
    const names = new Map(this.#classes.map(({ index, name }) => [index, name]));
    const worst = this.#perImage.sort((a, b) => a.miou - b.miou || (a.name < b.name ? -1 : 1)).slice(0, WORST_IMAGES);
    return {
      layer: this.layer,
      artifact: this.#artifact,
      split: this.split,
      images: this.images,
      miou: score.miou,
      pixelAccuracy: score.pixelAccuracy,
      perClass: score.perLabel.map((label, index) => ({
        index,
        name: index === 0 ? 'background' : (names.get(index) ?? `class ${index}`),
        ...label,
      })),
      confusion: confusionRows(this.#confusion),
      sweep: this.sweep === null ? null : sweepPoints(this.sweep),
      worst,
    };
  }
}

function sweepPoints(sweep: ThresholdSweep): { threshold: number; miou: number }[] {
  return sweep
    .confusions()
    .map((confusion, index) => ({ threshold: sweep.thresholds[index] ?? 0, miou: segmentationScore(confusion).miou ?? 0 }));
}

/** Background and every label up to the highest class index. */
export function labelCount(classes: readonly ClassInfo[]): number {
  return 1 + Math.max(0, ...classes.map(({ index }) => index));
}
