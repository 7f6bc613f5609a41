import { assertLength, assertOneOf, assertWhole } from '../bad-input.ts';
import { assertFits } from '../memory.ts';
import type { Size } from '../planes.ts';
import { checkpoint, rowsARun, type RasterTask } from '../raster-task.ts';

/** Weights in fixed point of 11 bits, as OpenCV has them for bytes. */
const ONE = 2048;

interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Int32Array;
  readonly highWeight: Int32Array;
}

/** `data` [h, w, channels] → [H, W, channels]; cv2.resize(…, INTER_LINEAR) of bytes: no antialiasing, half-pixel centres. */
export function resizeLikeOpencv(image: Size & { readonly data: Uint8Array }, channels: 1 | 3, size: Size, task?: RasterTask): Size & { readonly data: Uint8Array } {
  assertOneOf('resize', 'channels', channels, [1, 3]);
  assertLength('resize', image.width, image.height, channels, image.data.length);
  assertWhole('resize', 'width', size.width, 1, 65_535);
  assertWhole('resize', 'height', size.height, 1, 65_535);
  assertWhole('resize', 'width of the image', image.width, 1, 2 ** 26);
  assertWhole('resize', 'height of the image', image.height, 1, 2 ** 26);
  assertFits('resize', `${size.width}×${size.height} px`, channels * (image.width * image.height + size.width * size.height), 'Ask for a smaller size.');
  if (image.width === size.width * 2 && image.height === size.height * 2) return halved(image, channels, size, task);
  const columns = axisOf(image.width, size.width, 'across');
  const rows = axisOf(image.height, size.height, 'down');
  const stride = size.width * channels;
  const data = new Uint8Array(stride * size.height);
  let upper = new Int32Array(stride);
  let lower = new Int32Array(stride);
  let [upperRow, lowerRow] = [-1, -1];
  const readRow = (row: Int32Array, y: number): void => {
    const start = y * image.width * channels;
    for (let x = 0, to = 0; x < size.width; x++) {
      const low = start + (columns.low[x] ?? 0) * channels;
      const high = start + (columns.high[x] ?? 0) * channels;
      const a = columns.lowWeight[x] ?? 0;
      const b = columns.highWeight[x] ?? 0;
      for (let channel = 0; channel < channels; channel++, to++) row[to] = (image.data[low + channel] ?? 0) * a + (image.data[high + channel] ?? 0) * b;
    }
  };
  const run = rowsARun(Math.max(image.width, size.width));
  for (let y = 0; y < size.height; y++) {
    if (y % run === 0) checkpoint(task, y / size.height);
    const low = rows.low[y] ?? 0;
    const high = rows.high[y] ?? 0;
    if (low === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (low !== upperRow) readRow(upper, (upperRow = low));
    if (high !== lowerRow) readRow(lower, (lowerRow = high));
    const a = rows.lowWeight[y] ?? 0;
    const b = rows.highWeight[y] ?? 0;
    for (let x = 0, to = y * stride; x < stride; x++, to++) {
      data[to] = ((((upper[x] ?? 0) >> 4) * a >> 16) + (((lower[x] ?? 0) >> 4) * b >> 16) + 2) >> 2;
    }
  }
  checkpoint(task, 1);
  return { width: size.width, height: size.height, data };
}

/**
 * As OpenCV has it, the edge is met differently: across, the edge pixel gets all the weight; down, both neighbours become the edge row and keep
 * their weights, each of which loses its fraction.
 */
function axisOf(source: number, target: number, along: 'across' | 'down'): Axis {
  const axis = { low: new Int32Array(target), high: new Int32Array(target), lowWeight: new Int32Array(target), highWeight: new Int32Array(target) };
  const scale = source / target;
  for (let index = 0; index < target; index++) {
    let position = Math.fround((index + 0.5) * scale - 0.5);
    let low = Math.floor(position);
    position = Math.fround(position - low);
    if (along === 'across') {
      if (low < 0) [low, position] = [0, 0];
      if (low >= source - 1) [low, position] = [source - 1, 0];
    }
    axis.low[index] = Math.min(source - 1, Math.max(0, low));
    axis.high[index] = Math.min(source - 1, Math.max(0, low + 1));
    axis.lowWeight[index] = roundHalfEven(Math.fround(1 - position) * ONE);
    axis.highWeight[index] = roundHalfEven(position * ONE);
  }
  return axis;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** OpenCV takes the mean of four pixels when it halves both sides. */
function halved(image: Size & { readonly data: Uint8Array }, channels: number, size: Size, task: RasterTask | undefined): Size & { readonly data: Uint8Array } {
  const stride = image.width * channels;
  const data = new Uint8Array(size.width * size.height * channels);
  const run = rowsARun(image.width);
  for (let y = 0, to = 0; y < size.height; y++) {
    if (y % run === 0) checkpoint(task, y / size.height);
    for (let x = 0; x < size.width; x++) {
      for (let channel = 0; channel < channels; channel++, to++) {
        const at = 2 * y * stride + 2 * x * channels + channel;
        data[to] = ((image.data[at] ?? 0) + (image.data[at + channels] ?? 0) + (image.data[at + stride] ?? 0) + (image.data[at + stride + channels] ?? 0) + 2) >> 2;
      }
    }
  }
  checkpoint(task, 1);
  return { width: size.width, height: size.height, data };
}
