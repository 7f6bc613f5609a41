import { assertPositive, assertWhole } from '../bad-input.ts';
import { labOf } from '../colour/lab.ts';
import { gaussianBlur } from '../filter/gaussian-blur.ts';
import type { Regions, RgbRaster } from '../rasters.ts';
import { checkpoint, type RasterTask } from '../raster-task.ts';
import { joinSmallParts } from './slic-connectivity.ts';

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
 * from a grid of seeds, each looking at most two steps around. Not connected, a number may belong to no pixel.
 */
export function slic(image: RgbRaster, parameters: SlicParameters, task?: RasterTask): Regions {
  const { width, height } = image;
  const pixels = width * height;
  assertWhole('SLIC', 'segments', parameters.segments, 1, 2 ** 30);
  assertWhole('SLIC', 'iterations', parameters.iterations, 1, 10_000);
  assertPositive('SLIC', 'compactness', parameters.compactness);
  if (pixels === 0) return { count: 0, width, height, data: new Int32Array(0) };
  checkpoint(task, 0);
  const features = scaledFeatures(image, parameters); // [H * W, 3]
  checkpoint(task, 0.2);
  const [stepY, stepX] = gridSteps(height, width, parameters.segments);
  const centres = seeds(height, width, stepY, stepX); // [n, 5]: y, x, and colour
  const labels = cluster(features, centres, { width, height, stepY: stepY.step, stepX: stepX.step, iterations: parameters.iterations }, task);
  const count = centres.length / 5;
  const result = parameters.connected
    ? joinSmallParts({ width, height, data: labels }, Math.floor((0.5 * pixels) / count), Math.floor((3 * pixels) / count))
    : { count, width, height, data: labels };
  checkpoint(task, 1);
  return result;
}

/** Lab of the image stretched to 0..1, blurred, over the compactness. */
function scaledFeatures(image: RgbRaster, { sigmaPx, compactness }: SlicParameters): Float64Array {
  let [least, most] = [255, 0];
  for (let at = 0; at < image.data.length; at++) {
    const byte = image.data[at] ?? 0;
    if (byte < least) least = byte;
    if (byte > most) most = byte;
  }
  const range = most === least ? 1 : most / 255 - least / 255;
  const lab = labOf(image, (byte) => Math.max(0, byte / 255 - least / 255) / range);
  const features = gaussianBlur(lab, { width: image.width, height: image.height, channels: 3 }, sigmaPx);
  const ratio = 1 / compactness;
  for (let at = 0; at < features.length; at++) features[at] = (features[at] ?? 0) * ratio;
  return features;
}

interface GridStep {
  readonly start: number;
  readonly step: number;
}

/** skimage.util.regular_grid for (1, height, width): points about evenly apart in the axes that are long enough. */
function gridSteps(height: number, width: number, points: number): [GridStep, GridStep] {
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

function seeds(height: number, width: number, stepY: GridStep, stepX: GridStep): Float64Array {
  const centres: number[] = [];
  for (let y = stepY.start; y < height; y += stepY.step) {
    // Colour 0 to begin with, so that the first round goes by position alone, as in the reference.
    for (let x = stepX.start; x < width; x += stepX.step) centres.push(y, x, 0, 0, 0);
  }
  return Float64Array.from(centres);
}

interface Clustering {
  readonly width: number;
  readonly height: number;
  readonly stepY: number;
  readonly stepX: number;
  readonly iterations: number;
}

/** Side of the squares of pixels that are passed over together where their clusters are all nearer than the one looked at. */
const TILE_PX = 8;

function cluster(features: Float64Array, centres: Float64Array, { width, height, stepY, stepX, iterations }: Clustering, task: RasterTask | undefined): Int32Array {
  const pixels = width * height;
  const count = centres.length / 5;
  const labels = new Int32Array(pixels);
  const distance = new Float64Array(pixels);
  const tiles = Math.ceil(width / TILE_PX);
  const farthest = new Float64Array(tiles * Math.ceil(height / TILE_PX));
  const members = new Int32Array(count);
  const windows = new Int32Array(count * 4); // y from, y to, x from, x to: where each cluster looks
  const step = Math.max(stepY, stepX);
  const spatialWeight = 1 / (step * step);
  assignToSeeds(features, labels, centres, { width, height, stepY, stepX, spatialWeight });
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (iteration > 0) {
      for (let k = 0; k < count; k++) {
        const cy = centres[k * 5] ?? 0;
        const cx = centres[k * 5 + 1] ?? 0;
        // A cluster that lost all its pixels has no place any more (NaN), and takes none.
        windows[k * 4] = Math.trunc(Math.max(cy - 2 * stepY, 0));
        windows[k * 4 + 1] = Math.trunc(Math.min(cy + 2 * stepY + 1, height));
        windows[k * 4 + 2] = Math.trunc(Math.max(cx - 2 * stepX, 0));
        windows[k * 4 + 3] = Math.trunc(Math.min(cx + 2 * stepX + 1, width));
      }
      startFromOwn(features, labels, centres, windows, distance, width, spatialWeight);
      farthestOfTiles(distance, width, tiles, farthest);
      for (let k = 0; k < count; k++) takeNearer(k, features, labels, centres, windows, distance, farthest, width, spatialWeight);
    }
    recentre(features, labels, centres, members, width);
    checkpoint(task, 0.2 + (0.7 * (iteration + 1)) / iterations);
  }
  return labels;
}

/** The first round, in which no cluster has a colour yet: of the four seeds around a pixel the nearest has it, of equals the first. */
function assignToSeeds(
  features: Float64Array,
  labels: Int32Array,
  centres: Float64Array,
  { width, height, stepY, stepX, spatialWeight }: Omit<Clustering, 'iterations'> & { readonly spatialWeight: number },
): void {
  const startY = centres[0] ?? 0;
  const startX = centres[1] ?? 0;
  const columns = Math.ceil((width - startX) / stepX);
  const rows = Math.ceil((height - startY) / stepY);
  for (let y = 0, pixel = 0; y < height; y++) {
    const row = Math.min(rows - 1, Math.max(0, Math.floor((y - startY) / stepY)));
    const lastRow = Math.min(rows - 1, row + 1);
    for (let x = 0; x < width; x++, pixel++) {
      const column = Math.min(columns - 1, Math.max(0, Math.floor((x - startX) / stepX)));
      const lastColumn = Math.min(columns - 1, column + 1);
      const f0 = features[pixel * 3] ?? 0;
      const f1 = features[pixel * 3 + 1] ?? 0;
      const f2 = features[pixel * 3 + 2] ?? 0;
      // The same for all, but its size decides what rounding makes of the rest.
      const byColour = f0 * f0 + f1 * f1 + f2 * f2;
      let near = Infinity;
      for (let r = row; r <= lastRow; r++) {
        const dy = startY + r * stepY - y;
        for (let c = column; c <= lastColumn; c++) {
          const dx = startX + c * stepX - x;
          const total = (dy * dy + dx * dx) * spatialWeight + byColour;
          if (near <= total) continue;
          near = total;
          labels[pixel] = r * columns + c;
        }
      }
    }
  }
}

/** Gives cluster k the pixels of its window that are nearer to it than to what they have. Of clusters equally far the first has a pixel, as in the reference. */
function takeNearer(
  k: number,
  features: Float64Array,
  labels: Int32Array,
  centres: Float64Array,
  windows: Int32Array,
  distance: Float64Array,
  farthest: Float64Array,
  width: number,
  spatialWeight: number,
): void {
  const tiles = Math.ceil(width / TILE_PX);
  const cy = centres[k * 5] ?? 0;
  const cx = centres[k * 5 + 1] ?? 0;
  const c0 = centres[k * 5 + 2] ?? 0;
  const c1 = centres[k * 5 + 3] ?? 0;
  const c2 = centres[k * 5 + 4] ?? 0;
  const yEnd = windows[k * 4 + 1] ?? 0;
  const xStart = windows[k * 4 + 2] ?? 0;
  const xEnd = windows[k * 4 + 3] ?? 0;
  for (let bottom = windows[k * 4] ?? 0; bottom < yEnd; ) {
    const top = bottom;
    const row = Math.floor(top / TILE_PX);
    bottom = Math.min(yEnd, (row + 1) * TILE_PX);
    const above = cy < top ? top - cy : cy > bottom - 1 ? cy - (bottom - 1) : 0;
    for (let right = xStart, column = Math.floor(xStart / TILE_PX); right < xEnd; column++) {
      const left = right;
      right = Math.min(xEnd, (column + 1) * TILE_PX);
      const aside = cx < left ? left - cx : cx > right - 1 ? cx - (right - 1) : 0;
      const most = farthest[row * tiles + column] ?? 0;
      if ((above * above + aside * aside) * spatialWeight > most) continue;
      for (let y = top; y < bottom; y++) {
        const dy = (cy - y) * (cy - y);
        if ((dy + aside * aside) * spatialWeight > most) continue;
        for (let x = left, pixel = y * width + left, at = pixel * 3; x < right; x++, pixel++, at += 3) {
          const near = distance[pixel] ?? 0;
          const byPlace = (dy + (cx - x) * (cx - x)) * spatialWeight;
          if (byPlace > near) continue;
          const d0 = (features[at] ?? 0) - c0;
          const d1 = (features[at + 1] ?? 0) - c1;
          const d2 = (features[at + 2] ?? 0) - c2;
          const total = byPlace + (d0 * d0 + d1 * d1 + d2 * d2);
          if (near > total || (near === total && k < (labels[pixel] ?? 0))) {
            labels[pixel] = k;
            distance[pixel] = total;
          }
        }
      }
    }
  }
}

/** How far each pixel is from the cluster it has; Infinity where that no longer looks so far. Most pixels keep their cluster: few others need a look then. */
function startFromOwn(features: Float64Array, labels: Int32Array, centres: Float64Array, windows: Int32Array, distance: Float64Array, width: number, spatialWeight: number): void {
  for (let pixel = 0, x = 0, y = 0, at = 0; pixel < labels.length; pixel++, at += 3) {
    const k = labels[pixel] ?? 0;
    const isSeen = y >= (windows[k * 4] ?? 0) && y < (windows[k * 4 + 1] ?? 0) && x >= (windows[k * 4 + 2] ?? 0) && x < (windows[k * 4 + 3] ?? 0);
    const cy = centres[k * 5] ?? 0;
    const cx = centres[k * 5 + 1] ?? 0;
    const d0 = (features[at] ?? 0) - (centres[k * 5 + 2] ?? 0);
    const d1 = (features[at + 1] ?? 0) - (centres[k * 5 + 3] ?? 0);
    const d2 = (features[at + 2] ?? 0) - (centres[k * 5 + 4] ?? 0);
    const byPlace = ((cy - y) * (cy - y) + (cx - x) * (cx - x)) * spatialWeight;
    distance[pixel] = isSeen ? byPlace + (d0 * d0 + d1 * d1 + d2 * d2) : Infinity;
    if (++x === width) {
      x = 0;
      y += 1;
    }
  }
}

function farthestOfTiles(distance: Float64Array, width: number, tiles: number, farthest: Float64Array): void {
  farthest.fill(0);
  for (let row = 0, start = 0; start < distance.length; row++, start += width) {
    let tile = Math.floor(row / TILE_PX) * tiles;
    for (let from = start; from < start + width; from += TILE_PX, tile++) {
      let most = farthest[tile] ?? 0;
      for (let pixel = from; pixel < Math.min(start + width, from + TILE_PX); pixel++) {
        const one = distance[pixel] ?? 0;
        if (one > most) most = one;
      }
      farthest[tile] = most;
    }
  }
}

/** Each centre becomes the mean of its pixels; NaN without any. */
function recentre(features: Float64Array, labels: Int32Array, centres: Float64Array, members: Int32Array, width: number): void {
  centres.fill(0);
  members.fill(0);
  for (let pixel = 0, y = 0; pixel < labels.length; y++) {
    for (let x = 0; x < width; ) {
      // Of a run of one cluster the sums stay at hand; the order of adding is that of the pixels.
      const label = labels[pixel] ?? 0;
      const to = label * 5;
      const from = x;
      let sumX = centres[to + 1] ?? 0;
      let sum0 = centres[to + 2] ?? 0;
      let sum1 = centres[to + 3] ?? 0;
      let sum2 = centres[to + 4] ?? 0;
      do {
        sumX += x;
        sum0 += features[pixel * 3] ?? 0;
        sum1 += features[pixel * 3 + 1] ?? 0;
        sum2 += features[pixel * 3 + 2] ?? 0;
        x += 1;
        pixel += 1;
      } while (x < width && labels[pixel] === label);
      centres[to] = (centres[to] ?? 0) + y * (x - from); // whole numbers: no rounding
      centres[to + 1] = sumX;
      centres[to + 2] = sum0;
      centres[to + 3] = sum1;
      centres[to + 4] = sum2;
      members[label] = (members[label] ?? 0) + (x - from);
    }
  }
  for (let at = 0; at < centres.length; at++) centres[at] = (centres[at] ?? 0) / (members[Math.floor(at / 5)] ?? 0);
}
