import { badInput } from './bad-input.ts';
import { assertPlanes, type Planes } from './planes.ts';

/**
 * Background for class scores, which have none of their own (methods/cam.md §0 "Background").
 * Both put one plane in front of the class planes.
 */

/** A constant background score θ: [K, H, W] → [1 + K, H, W]. */
export function withThresholdBackground(scores: Planes, threshold: number): Planes {
  const result = withFrontPlane(scores);
  result.data.fill(threshold, 0, scores.width * scores.height);
  return result;
}

/** bg = (1 − max_c score)^α: a small α gives much background, a large one little. Scores are in 0..1. [K, H, W] → [1 + K, H, W]. */
export function withAlphaBackground(scores: Planes, alpha: number): Planes {
  const result = withFrontPlane(scores);
  const pixels = scores.width * scores.height;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let best = 0;
    for (let plane = 0; plane < scores.count; plane++) best = Math.max(best, scores.data[plane * pixels + pixel] ?? 0);
    result.data[pixel] = Math.pow(Math.max(0, 1 - best), alpha);
  }
  return result;
}

function withFrontPlane(scores: Planes): Planes {
  assertPlanes(scores);
  const pixels = scores.width * scores.height;
  const data = new Float32Array((scores.count + 1) * pixels);
  data.set(scores.data, pixels);
  return { count: scores.count + 1, width: scores.width, height: scores.height, data };
}

/** Index of the best plane at each pixel, for a label map; of equal ones the first, so background wins ties. [C, H, W] → [H * W]. BAD_REQUEST for more than 256. */
export function argmaxPlanes(planes: Planes): Uint8Array {
  if (planes.count > 256) throw badInput('label map', `${planes.count} classes; expected at most 256`, 'Leave classes out, or keep the scores.');
  return argmaxInto(new Uint8Array(planes.width * planes.height), planes);
}

/** `argmaxPlanes` of any number of planes. */
export function argmaxOfMany(planes: Planes): Int32Array {
  return argmaxInto(new Int32Array(planes.width * planes.height), planes);
}

/** `winner` is all 0. */
function argmaxInto<Positions extends Uint8Array | Int32Array>(winner: Positions, planes: Planes): Positions {
  assertPlanes(planes);
  const pixels = winner.length;
  const best = planes.data.slice(0, pixels);
  for (let plane = 1; plane < planes.count; plane++) {
    const start = plane * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = planes.data[start + pixel] ?? 0;
      if (value > (best[pixel] ?? 0)) {
        best[pixel] = value;
        winner[pixel] = plane;
      }
    }
  }
  return winner;
}

/** Replaces plane positions by label values: `labels[i]` is the label of plane i. In place. */
export function positionsToLabels<Positions extends Uint8Array | Int32Array>(positions: Positions, labels: ArrayLike<number>): Positions {
  for (let pixel = 0; pixel < positions.length; pixel++) positions[pixel] = labels[positions[pixel] ?? 0] ?? 0;
  return positions;
}
