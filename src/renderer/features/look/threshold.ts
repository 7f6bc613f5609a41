import { addToConfusion, createConfusion } from '#shared/metrics/confusion.ts';
import { segmentationScore } from '#shared/metrics/iou.ts';
import { ThresholdSweep } from '#shared/metrics/threshold-sweep.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Planes, Size } from '#shared/raster/planes.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';

/** Class scores of one image as they are stored: plane i belongs to class `classIndices[i]`. */
export interface ImageScores {
  readonly classIndices: readonly number[];
  readonly width: number; // cells
  readonly height: number; // cells
  readonly planes: readonly Float32Array[];
}

/** The best class of each pixel and its score, at photo size: all that a threshold needs, so that moving one is cheap. */
export interface BestClass {
  readonly width: number; // px
  readonly height: number; // px
  readonly label: Uint8Array; // [height * width], 0 where there is no class at all
  readonly score: Float32Array; // [height * width]
}

function planeOf(scores: ImageScores, at: number): Planes {
  return { count: 1, width: scores.width, height: scores.height, data: scores.planes[at] ?? new Float32Array() };
}

/** Class by class, so that one plane of photo size is held at a time. */
export function bestClass(scores: ImageScores, { width, height }: Size): BestClass {
  const label = new Uint8Array(width * height);
  const score = new Float32Array(width * height).fill(-Infinity);
  scores.classIndices.forEach((classIndex, at) => {
    const { data } = resizePlanesBilinear(planeOf(scores, at), { width, height });
    for (let pixel = 0; pixel < data.length; pixel++) {
      const value = data[pixel] ?? 0;
      // Of equals the first class, as in `argmaxPlanes`.
      if (value > (score[pixel] ?? 0)) {
        score[pixel] = value;
        label[pixel] = classIndex;
      }
    }
  });
  return { width, height, label, score };
}

/** Labels at a background threshold, equal to what the stage of seeds makes: background wins ties. */
export function cutAt(best: BestClass, threshold: number): LabelMap {
  const { width, height, label, score } = best;
  // As float32, in which scores and the background plane are compared.
  const limit = Math.fround(threshold);
  const data = new Uint8Array(label.length);
  for (let pixel = 0; pixel < data.length; pixel++) data[pixel] = (score[pixel] ?? 0) > limit ? (label[pixel] ?? 0) : 0;
  return { width, height, data };
}

/** Pixels times classes up to which the curve of an image is worked out: 256 MB of scores. */
const MOST_VALUES = 64_000_000;

/** mIoU of one image at each threshold; null when the image is too large for that. `labels` = background and classes. */
export function imageCurve(scores: ImageScores, truth: LabelMap, thresholds: readonly number[], labels: number): (number | null)[] | null {
  const { width, height } = truth;
  const count = scores.classIndices.length;
  if (width * height * count > MOST_VALUES) return null;
  const data = new Float32Array(count * scores.width * scores.height);
  scores.planes.forEach((plane, at) => data.set(plane, at * scores.width * scores.height));
  const sweep = new ThresholdSweep(thresholds, labels);
  sweep.add(resizePlanesBilinear({ count, width: scores.width, height: scores.height, data }, truth), scores.classIndices, truth.data);
  return sweep.confusions().map((confusion) => segmentationScore(confusion).miou);
}

/** Scores of one map against the truth of one image. */
export function imageScore(map: LabelMap, truth: LabelMap, labels: number): ReturnType<typeof segmentationScore> {
  const confusion = createConfusion(labels);
  addToConfusion(confusion, truth.data, map.data);
  return segmentationScore(confusion);
}

export function maxOf(plane: Float32Array): number {
  let most = 0;
  for (const value of plane) if (value > most) most = value;
  return most;
}
