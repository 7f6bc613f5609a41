import { assertLength } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';

/**
 * Squared Euclidean distance in px² of each pixel to the nearest pixel that is 0 in `mask`, exactly (Felzenszwalb and Huttenlocher 2012); 0 for
 * those pixels themselves, Infinity everywhere when there is none. The root is scipy.ndimage.distance_transform_edt.
 */
export function squaredDistance(mask: ByteRaster, task?: RasterTask): Float64Array {
  const { width, height, data } = mask;
  assertLength('distance transform', width, height, 1, data.length);
  assertFitsPixels('distance transform', mask, 8);
  // Columns first, row by row as memory lies: the distance to the nearest 0 above, then to the nearer of that and the one below.
  const result = new Float64Array(width * height);
  for (const [from, to] of runsOf(result.length, 1, partOf(task, 0, 0.125))) countDown(result, data, width, from, to);
  const end = result.length - width;
  for (const [from, to] of runsOf(end, 1, partOf(task, 0.125, 0.25))) countUp(result, width, end - to, end - from);
  const envelope = { at: new Int32Array(width), from: new Float64Array(width + 1), row: new Float64Array(width) };
  for (const [from, to] of runsOf(height, width, partOf(task, 0.25, 1))) {
    for (let y = from; y < to; y++) lowerEnvelope(result.subarray(y * width, (y + 1) * width), envelope);
  }
  checkpoint(task, 1);
  return result;
}

/** Distances to the nearest 0 above, of the pixels from..to. */
function countDown(result: Float64Array, data: Uint8Array, width: number, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    if (data[at] !== 0) result[at] = at < width ? Infinity : (result[at - width] ?? 0) + 1;
  }
}

/** Distances to the nearer of that and the nearest 0 below, from the last of the pixels from..to to the first. */
function countUp(result: Float64Array, width: number, from: number, to: number): void {
  for (let at = to - 1; at >= from; at--) {
    const below = (result[at + width] ?? 0) + 1;
    if (below < (result[at] ?? 0)) result[at] = below;
  }
}

interface Envelope {
  readonly at: Int32Array; // where the parabolas of the envelope stand
  readonly from: Float64Array; // from where each is the lowest
  readonly row: Float64Array;
}

/** row[x] = min over q of (x − q)² + row[q]², in place. */
function lowerEnvelope(row: Float64Array, { at, from, row: heights }: Envelope): void {
  for (let x = 0; x < row.length; x++) heights[x] = (row[x] ?? 0) ** 2;
  let count = 0;
  for (let q = 0; q < row.length; q++) {
    const height = heights[q] ?? 0;
    if (height === Infinity) continue;
    let cross = -Infinity;
    while (count > 0) {
      const p = at[count - 1] ?? 0;
      cross = (height + q * q - ((heights[p] ?? 0) + p * p)) / (2 * (q - p));
      if (cross > (from[count - 1] ?? 0)) break;
      count -= 1;
      cross = -Infinity;
    }
    at[count] = q;
    from[count] = cross;
    count += 1;
  }
  if (count === 0) return; // all are Infinity
  from[count] = Infinity;
  for (let x = 0, k = 0; x < row.length; x++) {
    while ((from[k + 1] ?? Infinity) < x) k += 1;
    const p = at[k] ?? 0;
    row[x] = (x - p) ** 2 + (heights[p] ?? 0);
  }
}
