import { assertPositive, assertWhole, assertWithin } from '../bad-input.ts';
import { labOf, shareOfByte } from '../colour/lab.ts';
import { gaussianBlur } from '../filter/gaussian-blur.ts';
import { assertFitsPixels } from '../memory.ts';
import type { Regions, RgbRaster } from '../rasters.ts';
import { checkpoint, partOf, type RasterTask } from '../raster-task.ts';
import { joinSmallParts } from './slic-connectivity.ts';
import { startClustering, type Clustering } from './slic-rounds.ts';

export interface SlicParameters {
  /** About how many superpixels. */
  readonly segments: number;
  /** Weight of distance in the image against distance in colour. */
  readonly compactness: number;
  /** Blur before clustering, px. */
  readonly sigmaPx: number;
  readonly iterations: number;
  /** Whether parts that are cut off join a neighbour, so that every superpixel is connected. */
  readonly connected: boolean;
}

/** SILOP's (methods/refine.md §4.1). */
export const SLIC_SILOP: SlicParameters = { segments: 1000, compactness: 15, sigmaPx: 1, iterations: 10, connected: true };

/**
 * SLIC superpixels as skimage.segmentation.slic(image, n_segments, compactness, max_num_iter, sigma) computes them: k-means in Lab and position
 * from a grid of seeds, each looking at most two steps around. Not connected, a number may belong to no pixel. `engine` keeps to TypeScript, for tests.
 */
export function slic(image: RgbRaster, parameters: SlicParameters, task?: RasterTask, engine?: 'plain'): Regions {
  const { width, height } = image;
  const pixels = width * height;
  assertWhole('SLIC', 'segments', parameters.segments, 1, 2 ** 30);
  assertWhole('SLIC', 'iterations', parameters.iterations, 1, 10_000);
  assertPositive('SLIC', 'compactness', parameters.compactness);
  assertWithin('SLIC', 'sigma', parameters.sigmaPx, 0, 1000);
  assertFitsPixels('SLIC', image, 65);
  if (pixels === 0) return { count: 0, width, height, data: new Int32Array(0) };
  checkpoint(task, 0);
  const steps = gridSteps(height, width, parameters.segments);
  const centres = seeds(height, width, steps);
  const count = centres.length / 5;
  const step = Math.max(steps[0].step, steps[1].step);
  const clustering = startClustering({ width, height, count, spatialWeight: 1 / (step * step) }, engine);
  clustering.centres.set(centres);
  setFeatures(clustering.features, blurredLab(image, parameters.sigmaPx, partOf(task, 0, 0.2), engine), 1 / parameters.compactness);
  // As in the reference, how far a cluster looks goes by how many there are, not by how many were asked for.
  cluster(clustering, { seeds: steps, windows: gridSteps(height, width, count) }, parameters.iterations, task);
  const { labels } = clustering;
  const result = parameters.connected
    ? joinSmallParts({ width, height, data: labels }, Math.floor((0.5 * pixels) / count), Math.floor((3 * pixels) / count), partOf(task, 0.9, 1))
    : { count, width, height, data: labels.slice() };
  checkpoint(task, 1);
  return result;
}

/** Lab of the image stretched to 0..1, blurred: [H * W, 3]. */
function blurredLab(image: RgbRaster, sigmaPx: number, task: RasterTask | undefined, engine: 'plain' | undefined): Float64Array {
  let [least, most] = [255, 0];
  for (let at = 0; at < image.data.length; at++) {
    const byte = image.data[at] ?? 0;
    if (byte < least) least = byte;
    if (byte > most) most = byte;
  }
  const range = most === least ? 1 : shareOfByte(most) - shareOfByte(least);
  const lab = labOf(image, (byte) => Math.max(0, shareOfByte(byte) - shareOfByte(least)) / range, partOf(task, 0, 0.6));
  return gaussianBlur(lab, { width: image.width, height: image.height, channels: 3 }, sigmaPx, partOf(task, 0.6, 1), engine);
}

/** target[3, H * W] = from[H * W, 3] · ratio. */
function setFeatures(target: Float64Array, from: Float64Array, ratio: number): void {
  const pixels = from.length / 3;
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += 3) {
    target[pixel] = (from[at] ?? 0) * ratio;
    target[pixels + pixel] = (from[at + 1] ?? 0) * ratio;
    target[2 * pixels + pixel] = (from[at + 2] ?? 0) * ratio;
  }
}

interface GridStep {
  readonly start: number;
  readonly step: number;
}

/** Down and across. */
type GridSteps = readonly [GridStep, GridStep];

/** skimage.util.regular_grid for (1, height, width): points about evenly apart in the axes that are long enough. */
function gridSteps(height: number, width: number, points: number): GridSteps {
  const sides = [1, height, width];
  let space = height * width;
  if (space <= points) return [{ start: 0, step: 1 }, { start: 0, step: 1 }];
  const order = [0, 1, 2].sort((a, b) => (sides[a] ?? 0) - (sides[b] ?? 0) || a - b);
  const sorted = order.map((axis) => sides[axis] ?? 0);
  const steps = sorted.map(() => Math.pow(space / points, 1 / 3));
  if (sorted.some((side, at) => side < (steps[at] ?? 0))) {
    for (let axis = 0; axis < 3; axis++) {
      steps[axis] = sorted[axis] ?? 0;
      space = sorted.slice(axis + 1).reduce((product, side) => product * side, 1);
      for (let later = axis + 1; later < 3; later++) steps[later] = Math.pow(space / points, 1 / (2 - axis));
      if (sorted.every((side, at) => side >= (steps[at] ?? 0))) break;
    }
  }
  const stepOf = (axis: number): GridStep => {
    const step = steps[order.indexOf(axis)] ?? 1;
    return { start: Math.floor(step / 2), step: roundHalfEven(step) };
  };
  return [stepOf(1), stepOf(2)];
}

/** numpy.round of a number above 0. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** [n, 5]: y, x, and colour. */
function seeds(height: number, width: number, [stepY, stepX]: GridSteps): Float64Array {
  const centres: number[] = [];
  for (let y = stepY.start; y < height; y += stepY.step) {
    // Colour 0 to begin with, so that the first round goes by position alone, as in the reference.
    for (let x = stepX.start; x < width; x += stepX.step) centres.push(y, x, 0, 0, 0);
  }
  return Float64Array.from(centres);
}

/** k-means, from the seeds in `centres`. */
function cluster(clustering: Clustering, steps: { readonly seeds: GridSteps; readonly windows: GridSteps }, iterations: number, task: RasterTask | undefined): void {
  assignToSeeds(clustering, steps.seeds);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (iteration > 0) {
      setWindows(clustering, steps.windows);
      clustering.reassign();
    }
    clustering.recentre();
    checkpoint(task, 0.2 + (0.7 * (iteration + 1)) / iterations);
  }
}

/** Each cluster looks two steps around. One that lost all its pixels has no place any more (NaN), and takes none. */
function setWindows({ centres, windows, width, height }: Clustering, [{ step: stepY }, { step: stepX }]: GridSteps): void {
  for (let at = 0, centre = 0; at < windows.length; at += 4, centre += 5) {
    const cy = centres[centre] ?? 0;
    const cx = centres[centre + 1] ?? 0;
    windows[at] = Math.trunc(Math.max(cy - 2 * stepY, 0));
    windows[at + 1] = Math.trunc(Math.min(cy + 2 * stepY + 1, height));
    windows[at + 2] = Math.trunc(Math.max(cx - 2 * stepX, 0));
    windows[at + 3] = Math.trunc(Math.min(cx + 2 * stepX + 1, width));
  }
}

/** The first round, in which no cluster has a colour yet: of the four seeds around a pixel the nearest has it, of equals the first. */
function assignToSeeds({ features, labels, width, height, spatialWeight }: Clustering, [stepY, stepX]: GridSteps): void {
  const pixels = width * height;
  const columns = Math.ceil((width - stepX.start) / stepX.step);
  const rows = Math.ceil((height - stepY.start) / stepY.step);
  for (let y = 0; y < height; y++) {
    const row = Math.min(rows - 1, Math.max(0, Math.floor((y - stepY.start) / stepY.step)));
    const seedY = stepY.start + row * stepY.step;
    const nextY = row + 1 < rows ? seedY + stepY.step : Infinity;
    const upper = (seedY - y) * (seedY - y);
    const lower = (nextY - y) * (nextY - y);
    for (let column = 0; column < columns; column++) {
      const seed = row * columns + column;
      const seedX = stepX.start + column * stepX.step;
      const nextX = column + 1 < columns ? seedX + stepX.step : Infinity;
      for (let x = column === 0 ? 0 : seedX, pixel = y * width + x; x < width && x < nextX; x++, pixel++) {
        const f0 = features[pixel] ?? 0;
        const f1 = features[pixels + pixel] ?? 0;
        const f2 = features[2 * pixels + pixel] ?? 0;
        // The same for all, but its size decides what rounding makes of the rest.
        const byColour = f0 * f0 + f1 * f1 + f2 * f2;
        const left = (seedX - x) * (seedX - x);
        const right = (nextX - x) * (nextX - x);
        const upperRight = (upper + right) * spatialWeight + byColour;
        const lowerLeft = (lower + left) * spatialWeight + byColour;
        const lowerRight = (lower + right) * spatialWeight + byColour;
        let near = (upper + left) * spatialWeight + byColour;
        let nearest = seed;
        if (upperRight < near) {
          near = upperRight;
          nearest = seed + 1;
        }
        if (lowerLeft < near) {
          near = lowerLeft;
          nearest = seed + columns;
        }
        labels[pixel] = lowerRight < near ? seed + columns + 1 : nearest;
      }
    }
  }
}
