/// <reference lib="webworker" />
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { SegmentationScore } from '#shared/metrics/iou.ts';
import type { Size } from '#shared/raster/planes.ts';
import { countLabels, type CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import { bestClass, cutAt, imageCurve, imageScore, type BestClass, type ImageScores } from './threshold.ts';

/** The truth of the image shown, and what is worked out against it. `labels` = background and classes. */
export interface PreviewTruth {
  readonly map: LabelMap;
  readonly labels: number;
  readonly thresholds: readonly number[];
}

/** `image` tells the scores of one image from those of the next, which may be asked for before an answer is there. */
export type PreviewJob = { readonly image: number } & (
  | { readonly kind: 'scores'; readonly scores: ImageScores; readonly size: Size }
  | { readonly kind: 'truth'; readonly truth: PreviewTruth | null }
  | { readonly kind: 'cut'; readonly threshold: number }
);

export type PreviewAnswer = { readonly image: number } & (
  | { readonly kind: 'cut'; readonly map: CountedMap; readonly score: SegmentationScore | null }
  | { readonly kind: 'curve'; readonly curve: (number | null)[] | null }
);

let scores: ImageScores | null = null;
let best: BestClass | null = null;
let truth: PreviewTruth | null = null;

function answer(to: PreviewAnswer, transfer: Transferable[] = []): void {
  postMessage(to, { transfer });
}

addEventListener('message', ({ data: job }: MessageEvent<PreviewJob>) => {
  const { image } = job;
  if (job.kind === 'scores') {
    scores = job.scores;
    best = bestClass(job.scores, job.size);
    truth = null;
  } else if (job.kind === 'truth') {
    truth = job.truth;
    if (truth !== null && scores !== null) answer({ image, kind: 'curve', curve: imageCurve(scores, truth.map, truth.thresholds, truth.labels) });
  } else if (best !== null) {
    const map = cutAt(best, job.threshold);
    const score = truth === null ? null : imageScore(map, truth.map, truth.labels);
    answer({ image, kind: 'cut', map: { ...map, counts: countLabels(map.data) }, score }, [map.data.buffer as ArrayBuffer]);
  }
});
