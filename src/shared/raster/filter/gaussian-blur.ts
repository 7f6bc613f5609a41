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
  const columnwise = new Float64Array(values.length);
  correlateAxis(values, columnwise, kernel, { count: height, stride: width * channels, lines: 1, lineStride: 0, run: width * channels });
  const result = new Float64Array(values.length);
  correlateAxis(columnwise, result, kernel, { count: width, stride: channels, lines: height, lineStride: width * channels, run: channels });
  return result;
}

/** Weights at distance 0..radius. */
function gaussianKernel(sigmaPx: number): Float64Array {
  const radius = Math.floor(4 * sigmaPx + 0.5);
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) => Math.exp((-0.5 / (sigmaPx * sigmaPx)) * distance * distance));
  let sum = 0;
  for (let distance = -radius; distance <= radius; distance++) sum += weights[Math.abs(distance)] ?? 0;
  return weights.map((weight) => weight / sum);
}

interface Axis {
  readonly count: number; // positions along the axis
  readonly stride: number; // values from one position to the next
  readonly lines: number;
  readonly lineStride: number;
  readonly run: number; // neighbouring values that take the same step
}

function correlateAxis(from: Float64Array, to: Float64Array, kernel: Float64Array, { count, stride, lines, lineStride, run }: Axis): void {
  const centre = kernel[0] ?? 0;
  for (let line = 0; line < lines; line++) {
    for (let position = 0; position < count; position++) {
      const target = line * lineStride + position * stride;
      for (let value = 0; value < run; value++) to[target + value] = (from[target + value] ?? 0) * centre;
      for (let distance = 1; distance < kernel.length; distance++) {
        const weight = kernel[distance] ?? 0;
        const back = line * lineStride + mirrored(position - distance, count) * stride;
        const forth = line * lineStride + mirrored(position + distance, count) * stride;
        for (let value = 0; value < run; value++) {
          to[target + value] = (to[target + value] ?? 0) + ((from[back + value] ?? 0) + (from[forth + value] ?? 0)) * weight;
        }
      }
    }
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
