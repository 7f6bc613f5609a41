import { assertLength, assertWithin, badInput } from '../bad-input.ts';
import { labOf } from '../colour/lab.ts';
import { gaussianBlur } from '../filter/gaussian-blur.ts';
import { assertFitsPixels } from '../memory.ts';
import type { Regions, RgbRaster } from '../rasters.ts';
import { checkpoint, partOf, type RasterTask } from '../raster-task.ts';

export interface QuickshiftParameters {
  /** Standard deviation of the density's kernel, in px and Lab units alike; 1 to 1,000. */
  readonly kernelSize: number;
  /** Longest link to a denser pixel. */
  readonly maxDistance: number;
  /** Weight of colour against position. */
  readonly ratio: number;
  /** Blur before, px. */
  readonly sigmaPx: number;
}

/** SILOP's (methods/refine.md §4.1). */
export const QUICKSHIFT_SILOP: QuickshiftParameters = { kernelSize: 3, maxDistance: 6, ratio: 0.29, sigmaPx: 0 };

/**
 * Quickshift superpixels as skimage.segmentation.quickshift: each pixel links to the nearest denser one of its window; trees are the superpixels.
 * `noise` [H * W] breaks ties of density: scikit-image adds normal numbers of deviation 1e-5 from its seed 42. Numbered by the roots' places.
 */
export function quickshift(image: RgbRaster, parameters: QuickshiftParameters, noise: ArrayLike<number>, task?: RasterTask): Regions {
  const { width, height } = image;
  const { kernelSize, maxDistance, ratio, sigmaPx } = parameters;
  assertWithin('quickshift', 'kernelSize', kernelSize, 1, 1000);
  assertWithin('quickshift', 'sigma', sigmaPx, 0, 1000);
  if (!(ratio >= 0 && Number.isFinite(ratio))) throw badInput('quickshift', `ratio is ${ratio}; expected a number from 0`, 'Give ratio a value from 0.');
  if (!(maxDistance >= 0)) throw badInput('quickshift', `maxDistance is ${maxDistance}; expected a number from 0`, 'Give maxDistance a value from 0.');
  assertLength('quickshift noise', width, height, 1, noise.length);
  assertFitsPixels('quickshift', image, 63);
  for (let pixel = 0; pixel < noise.length; pixel++) {
    if (Number.isFinite(noise[pixel])) continue;
    throw badInput('quickshift', `the noise at x = ${pixel % width}, y = ${Math.floor(pixel / width)} is ${noise[pixel]}; expected a finite number`, 'Draw small finite numbers.');
  }
  checkpoint(task, 0);
  const features = gaussianBlur(labOf(image, undefined, partOf(task, 0, 0.03)), { width, height, channels: 3 }, sigmaPx, partOf(task, 0.03, 0.05));
  for (let at = 0; at < features.length; at++) features[at] = (features[at] ?? 0) * ratio;
  const space = { width, height, features, reach: Math.ceil(3 * kernelSize) };
  const density = densities(space, kernelSize, partOf(task, 0.05, 0.65));
  for (let pixel = 0; pixel < density.length; pixel++) density[pixel] = (density[pixel] ?? 0) + (noise[pixel] ?? 0);
  const parent = parents(space, density, maxDistance, partOf(task, 0.65, 0.95));
  const regions = numberRoots(parent, width, height);
  checkpoint(task, 1);
  return regions;
}

interface Space {
  readonly width: number;
  readonly height: number;
  readonly features: Float64Array; // [H * W, 3]
  /** Half the window, px. */
  readonly reach: number;
}

/** Σ exp(−‖Δ‖² / 2σ²) over the window. Each pair counts for both its pixels, so it is looked at once. */
function densities({ width, height, features, reach }: Space, kernelSize: number, task: RasterTask | undefined): Float64Array {
  const density = new Float64Array(width * height).fill(1);
  const factor = -0.5 / (kernelSize * kernelSize);
  for (let y = 0; y < height; y++) {
    for (let dy = 0; dy <= reach && y + dy < height; dy++) {
      for (let dx = dy === 0 ? 1 : -reach; dx <= reach; dx++) {
        const apart = dy * dy + dx * dx;
        const xEnd = Math.min(width, width - dx);
        for (let x = Math.max(0, -dx); x < xEnd; x++) {
          const a = y * width + x;
          const b = a + dy * width + dx;
          const d0 = (features[a * 3] ?? 0) - (features[b * 3] ?? 0);
          const d1 = (features[a * 3 + 1] ?? 0) - (features[b * 3 + 1] ?? 0);
          const d2 = (features[a * 3 + 2] ?? 0) - (features[b * 3 + 2] ?? 0);
          const weight = expOfNegative((d0 * d0 + d1 * d1 + d2 * d2 + apart) * factor);
          density[a] = (density[a] ?? 0) + weight;
          density[b] = (density[b] ?? 0) + weight;
        }
      }
    }
    checkpoint(task, (y + 1) / height);
  }
  return density;
}

const STEPS = 1024;
const LOWEST = -40; // e^-40 is nothing beside the noise
const TABLE = Float64Array.from({ length: -LOWEST * STEPS + 2 }, (_, index) => Math.exp(-index / STEPS));

/** e^x for x ≤ 0 to 1e-15: a table, and the series of what is left. */
function expOfNegative(x: number): number {
  if (x < LOWEST) return 0;
  const index = (-x * STEPS) | 0;
  const rest = x + index / STEPS; // in (−1/1024, 0]
  return (TABLE[index] ?? 0) * (1 + rest * (1 + rest * (0.5 + rest * (1 / 6 + rest / 24))));
}

/** The nearest denser pixel of the window within `maxDistance`, or the pixel itself. Of equally near ones the first by rows. */
function parents({ width, height, features, reach }: Space, density: Float64Array, maxDistance: number, task: RasterTask | undefined): Int32Array {
  const parent = new Int32Array(width * height);
  // What lies farther off in the image alone is too far: a link to it would be cut, and nothing but the nearest counts.
  const near = Math.min(reach, Math.floor(maxDistance));
  const limit = maxDistance * maxDistance;
  for (let y = 0; y < height; y++) {
    const yEnd = Math.min(y + near + 1, height);
    for (let x = 0; x < width; x++) {
      const own = y * width + x;
      const f0 = features[own * 3] ?? 0;
      const f1 = features[own * 3 + 1] ?? 0;
      const f2 = features[own * 3 + 2] ?? 0;
      const level = density[own] ?? 0;
      const xStart = Math.max(x - near, 0);
      const xEnd = Math.min(x + near + 1, width);
      let closest = Infinity;
      let best = own;
      for (let toY = Math.max(y - near, 0); toY < yEnd; toY++) {
        for (let toX = xStart, other = toY * width + xStart; toX < xEnd; toX++, other++) {
          if (!((density[other] ?? 0) > level)) continue;
          const apart = (y - toY) * (y - toY) + (x - toX) * (x - toX);
          if (apart >= closest) continue;
          const d0 = f0 - (features[other * 3] ?? 0);
          const d1 = f1 - (features[other * 3 + 1] ?? 0);
          const d2 = f2 - (features[other * 3 + 2] ?? 0);
          const distance = d0 * d0 + d1 * d1 + d2 * d2 + apart;
          if (distance < closest) {
            closest = distance;
            best = other;
          }
        }
      }
      parent[own] = closest <= limit && Math.sqrt(closest) <= maxDistance ? best : own;
    }
    checkpoint(task, (y + 1) / height);
  }
  return parent;
}

function numberRoots(parent: Int32Array, width: number, height: number): Regions {
  // Links lead to ever denser pixels, so there are no circles.
  for (let pixel = 0; pixel < parent.length; pixel++) {
    let root = pixel;
    while (parent[root] !== root) root = parent[root] ?? 0;
    for (let at = pixel; at !== root; ) {
      const next = parent[at] ?? 0;
      parent[at] = root;
      at = next;
    }
  }
  const number = new Int32Array(parent.length).fill(-1);
  let count = 0;
  for (let pixel = 0; pixel < parent.length; pixel++) if (parent[pixel] === pixel) number[pixel] = count++;
  return { count, width, height, data: parent.map((root) => number[root] ?? 0) };
}
