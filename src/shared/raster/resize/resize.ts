import { assertLength, assertPositive, assertWhole } from '../bad-input.ts';
import { assertFits } from '../memory.ts';
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

/** Throws unless there is something to take values from, and a size that can be made. */
function assertSizes(from: Size, to: Size, bytesEach: number): void {
  assertWhole('resize', 'width', to.width, 1, 2 ** 26);
  assertWhole('resize', 'height', to.height, 1, 2 ** 26);
  assertWhole('resize', 'width of what is resized', from.width, 1, 2 ** 26);
  assertWhole('resize', 'height of what is resized', from.height, 1, 2 ** 26);
  assertFits('resize', `${to.width}×${to.height} px`, to.width * to.height * bytesEach, 'Ask for a smaller size, or for fewer planes.');
}

/**
 * Score planes at another size: [K, h, w] → [K, H, W]; with `rows`, those rows of it alone, [K, rows.height, W]. BAD_REQUEST for empty ones and sizes
 * that cannot be made.
 */
export function resizePlanesBilinear(planes: Planes, size: Size, task?: RasterTask, rows?: { readonly top: number; readonly height: number }): Planes {
  assertPlanes(planes);
  const { count, width: fromWidth, height: fromHeight, data: from } = planes;
  const { width } = size;
  const { top, height } = rows ?? { top: 0, height: size.height };
  if (fromWidth === width && fromHeight === size.height && height === size.height) {
    checkpoint(task, 1);
    return planes;
  }
  assertSizes(planes, { width, height }, count * 4);
  const columns = bilinearAxis(fromWidth, width);
  const lines = bilinearAxis(fromHeight, size.height);
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
      readRow(upper, fromPlane + (lines.low[top + y] ?? 0) * fromWidth);
      readRow(lower, fromPlane + (lines.high[top + y] ?? 0) * fromWidth);
      const weight = lines.weight[top + y] ?? 0;
      const start = (plane * height + y) * width;
      for (let x = 0; x < width; x++) {
        const above = upper[x] ?? 0;
        data[start + x] = above + ((lower[x] ?? 0) - above) * weight;
      }
    }
  }
  checkpoint(task, 1);
  return { count, width, height, data };
}

interface LabelsOf<Data extends Uint8Array | Int32Array> extends Size {
  readonly data: Data;
}

/** A label map at another size; every label comes from one source pixel. BAD_REQUEST for an empty one, an array of another length and sizes that cannot be made. */
export function resizeLabelsNearest<Data extends Uint8Array | Int32Array>(map: LabelsOf<Data>, size: Size, task?: RasterTask): LabelsOf<Data> {
  assertLength('resize', map.width, map.height, 1, map.data.length);
  const { width, height } = size;
  if (map.width === width && map.height === height) {
    checkpoint(task, 1);
    return map;
  }
  assertSizes(map, size, map.data.BYTES_PER_ELEMENT);
  const column = nearestAxis(map.width, width);
  const row = nearestAxis(map.height, height);
  const data = emptyLike(map.data, width * height);
  for (const [from, to] of runsOf(height, width, task)) {
    for (let y = from; y < to; y++) {
      const start = (row[y] ?? 0) * map.width;
      for (let x = 0; x < width; x++) data[y * width + x] = map.data[start + (column[x] ?? 0)] ?? 0;
    }
  }
  checkpoint(task, 1);
  return { width, height, data };
}

/** The same kind of array. */
function emptyLike<Data extends Uint8Array | Int32Array>(data: Data, length: number): Data {
  return (data instanceof Uint8Array ? new Uint8Array(length) : new Int32Array(length)) as Data;
}

function nearestAxis(source: number, target: number): Int32Array {
  const axis = new Int32Array(target);
  for (let index = 0; index < target; index++) axis[index] = Math.min(source - 1, Math.floor(((index + 0.5) * source) / target));
  return axis;
}

/** The size with its long side at most `longSide`, aspect kept, sides rounded, never below 1 px and never enlarged. */
export function fitLongSide(size: Size, longSide: number): Size {
  assertPositive('resize', 'the long side', longSide);
  const scale = longSide / Math.max(size.width, size.height);
  if (scale >= 1) return { width: size.width, height: size.height };
  return { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) };
}
