import { assertOneOf, assertPositive, badInput } from '../bad-input.ts';
import type { ImageRegion } from '../image-region.ts';
import type { KernelParameters, Normalisation } from './crf-rows.ts';
import { partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { PermutohedralLattice } from './permutohedral.ts';

const NORM_FLOOR = 1e-20;

/** A Gaussian kernel over the pixels of an image, ready to filter. */
export interface Kernel {
  readonly lattice: PermutohedralLattice;
  /** What each pixel is multiplied with before and after filtering, by the normalisation. */
  readonly before: Float32Array; // [H * W]
  readonly after: Float32Array; // [H * W]
}

/** Of either kernel; colour counts where `srgb` is there. */
export type KernelSettings = KernelParameters & { readonly srgb?: number | readonly number[] };

/** The kernel's standard deviations: of x and y, and of R, G and B where it has them. BAD_REQUEST for a number of them, a value or a normalisation that is none. */
export function deviationsIn({ sxyPx, srgb, normalisation = 'symmetric' }: KernelSettings): readonly number[] {
  const deviations = [...deviationsOf(sxyPx, 2), ...(srgb === undefined ? [] : deviationsOf(srgb, 3))];
  for (const deviation of deviations) assertPositive('dense CRF', 'a standard deviation', deviation);
  assertOneOf('dense CRF', 'normalisation', normalisation, ['symmetric', 'before', 'after', 'none']);
  return deviations;
}

/** `deviations`: of x and y in px, and of R, G, B in grey values where colour counts. */
export function makeKernel(image: ImageRegion, deviations: readonly number[], normalisation: Normalisation, task?: RasterTask): Kernel {
  const features = deviations.length === 2 ? positionFeatures(image, deviations, partOf(task, 0, 0.1)) : colourFeatures(image, deviations, partOf(task, 0, 0.1));
  const lattice = new PermutohedralLattice(features, deviations.length === 2 ? 2 : 5, partOf(task, 0.1, 0.8));
  const ones = new Float32Array(lattice.points).fill(1);
  if (normalisation === 'none') return { lattice, before: ones, after: ones };
  const norm = new Float32Array(lattice.points); // at first the sums
  lattice.filterAdd(ones, norm, { stride: 1, first: 0, count: 1, before: ones, after: ones }, partOf(task, 0.8, 1));
  lattice.release();
  for (let point = 0; point < norm.length; point++) {
    const sum = (norm[point] ?? 0) + NORM_FLOOR;
    norm[point] = 1 / (normalisation === 'symmetric' ? Math.sqrt(sum) : sum);
  }
  return { lattice, before: normalisation === 'after' ? ones : norm, after: normalisation === 'before' ? ones : norm };
}

/** One value for all `count` axes, or one each. */
function deviationsOf(value: number | readonly number[], count: number): readonly number[] {
  if (typeof value === 'number') return Array.from({ length: count }, () => value);
  if (value.length === count) return value;
  throw badInput('dense CRF', `${value.length} standard deviations; expected 1 or ${count}`, `Give one, or ${count}.`);
}

/** [H * W, 2]: x / σ, y / σ in px of the region. */
function positionFeatures(image: ImageRegion, deviations: readonly number[], task: RasterTask | undefined): Float32Array {
  const [sx = 1, sy = 1] = deviations;
  const features = new Float32Array(image.width * image.height * 2);
  let at = 0;
  for (const [from, to] of runsOf(image.height, image.width, task)) {
    for (let y = from; y < to; y++) {
      for (let x = 0; x < image.width; x++) {
        features[at++] = x / sx;
        features[at++] = y / sy;
      }
    }
  }
  return features;
}

/** [H * W, 5]: x / σ, y / σ, then R, G, B of 0–255 over their σ. */
function colourFeatures(image: ImageRegion, deviations: readonly number[], task: RasterTask | undefined): Float32Array {
  const [sx = 1, sy = 1, sr = 1, sg = 1, sb = 1] = deviations;
  const features = new Float32Array(image.width * image.height * 5);
  let at = 0;
  for (const [from, to] of runsOf(image.height, image.width, task)) {
    for (let y = from; y < to; y++) {
      let rgb = ((image.y0 + y) * image.imageWidth + image.x0) * 3;
      for (let x = 0; x < image.width; x++, rgb += 3) {
        features[at++] = x / sx;
        features[at++] = y / sy;
        features[at++] = (image.data[rgb] ?? 0) / sr;
        features[at++] = (image.data[rgb + 1] ?? 0) / sg;
        features[at++] = (image.data[rgb + 2] ?? 0) / sb;
      }
    }
  }
  return features;
}
