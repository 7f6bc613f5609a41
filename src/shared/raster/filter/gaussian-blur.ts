import { assertLength, assertPositive } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';

/**
 * Gaussian blur of interleaved channels as scipy.ndimage.gaussian_filter does it in float64: kernel cut at 4 σ, the image mirrored about its
 * edges, edge pixel included. → a new array. `sigmaPx` 0 gives a copy.
 */
export function gaussianBlur(values: Float64Array, size: { readonly width: number; readonly height: number; readonly channels: number }, sigmaPx: number): Float64Array {
  const { width, height, channels } = size;
  assertLength('Gaussian blur', width, height, channels, values.length);
  if (sigmaPx === 0) return values.slice();
  assertPositive('Gaussian blur', 'sigma', sigmaPx);
  const kernel = gaussianKernel(sigmaPx);
  const down = alongColumns(values, kernel, height, width * channels);
  return alongRows(down, kernel, width, channels);
}

/** Weights at distance 0..radius. */
function gaussianKernel(sigmaPx: number): Float64Array {
  const radius = Math.floor(4 * sigmaPx + 0.5);
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) => Math.exp((-0.5 / (sigmaPx * sigmaPx)) * distance * distance));
  let sum = 0;
  for (let distance = -radius; distance <= radius; distance++) sum += weights[Math.abs(distance)] ?? 0;
  return weights.map((weight) => weight / sum);
}

/** Rows of `run` values; each becomes a sum of the rows around it. */
function alongColumns(values: Float64Array, kernel: Float64Array, height: number, run: number): Float64Array {
  const result = new Float64Array(values.length);
  const reach = kernel.length - 1;
  const rows = new Int32Array(2 * reach + 1); // where the rows around begin
  for (let y = 0; y < height; y++) {
    for (let distance = -reach; distance <= reach; distance++) rows[distance + reach] = mirrored(y + distance, height) * run;
    weigh(values, kernel, rows, run, result, y * run);
  }
  return result;
}

/** Each value becomes a sum of those of its channel around it in its row. */
function alongRows(values: Float64Array, kernel: Float64Array, width: number, channels: number): Float64Array {
  const result = new Float64Array(values.length);
  const reach = kernel.length - 1;
  const run = width * channels;
  const margin = reach * channels;
  // A row with its mirrored ends, so that nothing has to be asked of each position.
  const row = new Float64Array(run + 2 * margin);
  const starts = Int32Array.from({ length: 2 * reach + 1 }, (_, distance) => distance * channels);
  for (let start = 0; start < values.length; start += run) {
    row.set(values.subarray(start, start + run), margin);
    for (let x = 0; x < reach; x++) {
      const before = start + mirrored(x - reach, width) * channels;
      const after = start + mirrored(width + x, width) * channels;
      for (let channel = 0; channel < channels; channel++) {
        row[x * channels + channel] = values[before + channel] ?? 0;
        row[margin + run + x * channels + channel] = values[after + channel] ?? 0;
      }
    }
    weigh(row, kernel, starts, run, result, start);
  }
  return result;
}

/** to[start + i] = Σ kernel[|d|] · from[starts[d] + i], nearest first as SciPy adds them. */
function weigh(from: Float64Array, kernel: Float64Array, starts: Int32Array, run: number, to: Float64Array, start: number): void {
  const reach = kernel.length - 1;
  const centre = kernel[0] ?? 0;
  const middle = starts[reach] ?? 0;
  for (let value = 0; value < run; value++) {
    let sum = (from[middle + value] ?? 0) * centre;
    for (let distance = 1; distance <= reach; distance++) {
      sum += ((from[(starts[reach - distance] ?? 0) + value] ?? 0) + (from[(starts[reach + distance] ?? 0) + value] ?? 0)) * (kernel[distance] ?? 0);
    }
    to[start + value] = sum;
  }
}

/** d c b a | a b c d | d c b a, as often as needed. */
function mirrored(position: number, count: number): number {
  const period = 2 * count;
  const within = ((position % period) + period) % period;
  return within < count ? within : period - 1 - within;
}

/** cv2.GaussianBlur(grey, (3, 3), 0): [1 2 1] / 4 both ways, rounded, the image mirrored about its edge pixels. */
export function gaussianBlur3(grey: ByteRaster): ByteRaster {
  const { width, height, data } = grey;
  assertLength('Gaussian blur', width, height, 1, data.length);
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const above = reflected(y - 1, height) * width;
    const own = y * width;
    const below = reflected(y + 1, height) * width;
    const column = (x: number): number => (data[above + x] ?? 0) + 2 * (data[own + x] ?? 0) + (data[below + x] ?? 0);
    for (let x = 0; x < width; x++) {
      result[own + x] = (column(reflected(x - 1, width)) + 2 * column(x) + column(reflected(x + 1, width)) + 8) >> 4;
    }
  }
  return { width, height, data: result };
}

/** c b | a b c | b a: BORDER_REFLECT_101 for one step beyond the edge. */
export function reflected(position: number, count: number): number {
  if (count === 1) return 0;
  return position < 0 ? -position : position >= count ? 2 * count - 2 - position : position;
}
