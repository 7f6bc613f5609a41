import { IGNORE } from '../domain/classes.ts';
import type { LabelMap } from '../mask/label-map.ts';
import type { CrfParameters } from './crf-rows.ts';
import type { ImageRegion } from './image-region.ts';
import { PermutohedralLattice } from './permutohedral.ts';
import { assertPlanes, type Planes } from './planes.ts';

/**
 * The fully connected CRF of Krähenbühl and Koltun (2011) by mean field on the permutohedral lattice, in the form of
 * lucasb-eyer/pydensecrf that the weak-supervision literature runs: symmetric normalisation, Potts compatibility, float32
 * (methods/refine.md §0.4).
 */

const SCORE_FLOOR = 1e-5;
const NORM_FLOOR = 1e-20;

/**
 * Energies from a label map: −ln p for the label of a pixel, −ln((1 − p) / (L − 1)) for the others, p = `confidence`.
 * Pixels with IGNORE or a label that is not listed favour none. → [L, H, W], plane i for labels[i].
 */
export function unaryFromLabels(map: LabelMap, labels: readonly number[], confidence: number): Planes {
  const count = labels.length;
  const pixels = map.width * map.height;
  const data = new Float32Array(count * pixels);
  if (count > 1) {
    const positionOf = new Int16Array(256).fill(-1);
    labels.forEach((label, position) => {
      if (label !== IGNORE) positionOf[label] = position;
    });
    const chosen = -Math.log(confidence);
    const others = -Math.log((1 - confidence) / (count - 1));
    const undecided = -Math.log(1 / count);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const position = positionOf[map.data[pixel] ?? 0] ?? -1;
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

/**
 * Label probabilities after mean field: Q ← softmax(−U + Σ_m w_m K̃_m Q), `iterations` times from Q = softmax(−U).
 * `unary` are energies [L, H, W] at the size of the region; the result is [L, H, W].
 */
export function denseCrf(image: ImageRegion, unary: Planes, parameters: CrfParameters): Planes {
  assertPlanes(unary);
  if (unary.width !== image.width || unary.height !== image.height) {
    throw new RangeError(`dense CRF: unary is ${unary.width}×${unary.height} px, the image region ${image.width}×${image.height} px`);
  }
  const { count } = unary;
  const pixels = image.width * image.height;
  const logits = unary.data.map((energy) => -energy); // [L, H, W]
  const q = logits.slice(); // [L, H, W]
  softmaxPlanes(q, count, pixels);
  if (parameters.iterations > 0 && count > 1) {
    const kernels = [
      makeKernel(positionFeatures(image, parameters.gaussian.sxyPx), 2, parameters.gaussian.compat),
      makeKernel(colourFeatures(image, parameters.bilateral.sxyPx, parameters.bilateral.srgb), 5, parameters.bilateral.compat),
    ];
    const message = new Float32Array(pixels);
    for (let iteration = 0; iteration < parameters.iterations; iteration++) {
      for (let plane = 0; plane < count; plane++) {
        // A message depends on its own plane of Q alone, so the plane can be replaced as soon as its messages are in.
        const own = q.subarray(plane * pixels, (plane + 1) * pixels);
        const sum = logits.slice(plane * pixels, (plane + 1) * pixels);
        for (const kernel of kernels) {
          for (let pixel = 0; pixel < pixels; pixel++) message[pixel] = (own[pixel] ?? 0) * (kernel.norm[pixel] ?? 0);
          kernel.lattice.filter(message, message);
          for (let pixel = 0; pixel < pixels; pixel++) {
            sum[pixel] = (sum[pixel] ?? 0) + kernel.compat * (message[pixel] ?? 0) * (kernel.norm[pixel] ?? 0);
          }
        }
        own.set(sum);
      }
      softmaxPlanes(q, count, pixels);
    }
  }
  return { count, width: image.width, height: image.height, data: q };
}

interface Kernel {
  readonly lattice: PermutohedralLattice;
  /** (K·1 + 1e-20)^(−1/2) by pixel: both sides of the symmetric normalisation. */
  readonly norm: Float32Array; // [H * W]
  readonly compat: number;
}

function makeKernel(features: Float32Array, dimensions: number, compat: number): Kernel {
  const lattice = new PermutohedralLattice(features, dimensions);
  const ones = new Float32Array(lattice.points).fill(1);
  lattice.filter(ones, ones);
  return { lattice, norm: ones.map((sum) => 1 / Math.sqrt(sum + NORM_FLOOR)), compat };
}

/** [H * W, 2]: x / σ, y / σ in px of the region. */
function positionFeatures(image: ImageRegion, sxyPx: number): Float32Array {
  const features = new Float32Array(image.width * image.height * 2);
  let at = 0;
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      features[at++] = x / sxyPx;
      features[at++] = y / sxyPx;
    }
  }
  return features;
}

/** [H * W, 5]: x / σ, y / σ, then R, G, B of 0–255 over their σ. */
function colourFeatures(image: ImageRegion, sxyPx: number, srgb: number): Float32Array {
  const features = new Float32Array(image.width * image.height * 5);
  let at = 0;
  for (let y = 0; y < image.height; y++) {
    let from = ((image.y0 + y) * image.imageWidth + image.x0) * 3;
    for (let x = 0; x < image.width; x++, from += 3) {
      features[at++] = x / sxyPx;
      features[at++] = y / sxyPx;
      features[at++] = (image.data[from] ?? 0) / srgb;
      features[at++] = (image.data[from + 1] ?? 0) / srgb;
      features[at++] = (image.data[from + 2] ?? 0) / srgb;
    }
  }
  return features;
}

/** Softmax over planes at each pixel, in place. */
function softmaxPlanes(planes: Float32Array, count: number, pixels: number): void {
  for (let pixel = 0; pixel < pixels; pixel++) {
    let largest = -Infinity;
    for (let at = pixel; at < count * pixels; at += pixels) largest = Math.max(largest, planes[at] ?? 0);
    let sum = 0;
    for (let at = pixel; at < count * pixels; at += pixels) {
      const value = Math.exp((planes[at] ?? 0) - largest);
      planes[at] = value;
      sum += value;
    }
    for (let at = pixel; at < count * pixels; at += pixels) planes[at] = (planes[at] ?? 0) / sum;
  }
}
