import type { LabelMap } from '../../mask/label-map.ts';
import { assertPlanes, type Planes, type Size } from '../planes.ts';
import { checkpoint, rowsARun, runsOf, type RasterTask } from '../raster-task.ts';

/**
 * Resizing with half-pixel centres: target pixel i looks at source position (i + 0.5) · source / target − 0.5.
 * Scores: bilinear, clamped at the edges, no antialiasing – what PyTorch calls align_corners=false and TensorFlow
 * half_pixel_centers=true. Labels: nearest only, so that no label is ever made up.
 */

interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Weight of `high`. */
  readonly weight: Float32Array;
}

function bilinearAxis(source: number, target: number): Axis {
  const low = new Int32Array(target);
  const high = new Int32Array(target);
  const weight = new Float32Array(target);
  const ratio = source / target;
  for (let index = 0; index < target; index++) {
    const position = Math.max(0, (index + 0.5) * ratio - 0.5);
    const floor = Math.min(source - 1, Math.floor(position));
    low[index] = floor;
    high[index] = Math.min(source - 1, floor + 1);
    weight[index] = position - floor;
  }
  return { low, high, weight };
}

/** Score planes at another size: [K, h, w] → [K, H, W]. */
export function resizePlanesBilinear(planes: Planes, size: Size, task?: RasterTask): Planes {
  assertPlanes(planes);
  const { count, width: fromWidth, height: fromHeight, data: from } = planes;
  const { width, height } = size;
  if (fromWidth === width && fromHeight === height) {
    checkpoint(task, 1);
    return planes;
  }
  const columns = bilinearAxis(fromWidth, width);
  const rows = bilinearAxis(fromHeight, height);
  const data = new Float32Array(count * width * height);
  const upper = new Float32Array(width);
  const lower = new Float32Array(width);
  const readRow = (row: Float32Array, start: number): void => {
    for (let x = 0; x < width; x++) {
      const left = from[start + (columns.low[x] ?? 0)] ?? 0;
      const right = from[start + (columns.high[x] ?? 0)] ?? 0;
      row[x] = left + (right - left) * (columns.weight[x] ?? 0);
    }
  };
  const run = rowsARun(width);
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < height; y++) {
      if (y % run === 0) checkpoint(task, (plane + y / height) / count);
      const fromPlane = plane * fromHeight * fromWidth;
      readRow(upper, fromPlane + (rows.low[y] ?? 0) * fromWidth);
      readRow(lower, fromPlane + (rows.high[y] ?? 0) * fromWidth);
      const weight = rows.weight[y] ?? 0;
      const start = (plane * height + y) * width;
      for (let x = 0; x < width; x++) {
        const top = upper[x] ?? 0;
        data[start + x] = top + ((lower[x] ?? 0) - top) * weight;
      }
    }
  }
  checkpoint(task, 1);
  return { count, width, height, data };
}

/** A label map at another size; every label comes from one source pixel. */
export function resizeLabelsNearest(map: LabelMap, size: Size, task?: RasterTask): LabelMap {
  const { width, height } = size;
  if (map.width === width && map.height === height) {
    checkpoint(task, 1);
    return map;
  }
  const column = nearestAxis(map.width, width);
  const row = nearestAxis(map.height, height);
  const data = new Uint8Array(width * height);
  for (const [from, to] of runsOf(height, width, task)) {
    for (let y = from; y < to; y++) {
      const start = (row[y] ?? 0) * map.width;
      for (let x = 0; x < width; x++) data[y * width + x] = map.data[start + (column[x] ?? 0)] ?? 0;
    }
  }
  checkpoint(task, 1);
  return { width, height, data };
}

function nearestAxis(source: number, target: number): Int32Array {
  const axis = new Int32Array(target);
  for (let index = 0; index < target; index++) axis[index] = Math.min(source - 1, Math.floor(((index + 0.5) * source) / target));
  return axis;
}

/** The size with its long side at most `longSide`, aspect kept, sides rounded, never below 1 px and never enlarged. */
export function fitLongSide(size: Size, longSide: number): Size {
  const scale = longSide / Math.max(size.width, size.height);
  if (scale >= 1) return { width: size.width, height: size.height };
  return { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) };
}
