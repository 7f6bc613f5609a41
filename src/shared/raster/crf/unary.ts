import { IGNORE } from '../../domain/classes.ts';
import { assertLength, assertWithin } from '../bad-input.ts';
import { assertPlanes, type Planes } from '../planes.ts';
import type { IntRaster } from '../rasters.ts';

const SCORE_FLOOR = 1e-5;

/**
 * Energies from a label map: −ln p for the label of a pixel, −ln((1 − p) / (L − 1)) for the others, p = `confidence`.
 * Pixels with IGNORE or a label that is not listed favour none. → [L, H, W], plane i for labels[i].
 */
export function unaryFromLabels(map: IntRaster, labels: readonly number[], confidence: number): Planes {
  assertLength('unary from labels', map.width, map.height, 1, map.data.length);
  assertWithin('unary from labels', 'confidence', confidence, 0, 1);
  const count = labels.length;
  const pixels = map.width * map.height;
  const data = new Float32Array(count * pixels);
  if (count > 1) {
    const positions = new Map(labels.map((label, position) => [label, position]));
    positions.delete(IGNORE);
    const chosen = -Math.log(confidence);
    const others = -Math.log((1 - confidence) / (count - 1));
    const undecided = -Math.log(1 / count);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const position = positions.get(map.data[pixel] ?? 0) ?? -1;
      for (let plane = 0; plane < count; plane++) {
        data[plane * pixels + pixel] = position === -1 ? undecided : plane === position ? chosen : others;
      }
    }
  }
  return { count, width: map.width, height: map.height, data };
}

/** Energies from scores, background included: −ln(clip(s, 1e-5, 1)), scores not renormalised. [L, H, W] → [L, H, W]. */
export function unaryFromScores(scores: Planes): Planes {
  assertPlanes(scores);
  const data = scores.data.map((score) => -Math.log(Math.min(1, Math.max(SCORE_FLOOR, score))));
  return { ...scores, data };
}
