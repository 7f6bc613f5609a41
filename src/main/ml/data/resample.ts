import type { Size } from '#shared/raster/planes.ts';
import type { RgbImage } from '#main/images/photo.ts';

/** Keys' cubic with a = -0.5, as PIL and the published code use (torch's bicubic has a = -0.75). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

interface Taps {
  /** Taps a target pixel, at most. */
  readonly width: number;
  readonly first: Int32Array; // [to] index of the first source pixel
  readonly count: Int32Array; // [to]
  readonly weights: Float32Array; // [to * width]
}

/** Filter taps for one axis. On reduction the kernel is widened by the ratio, so that nothing aliases (PIL `Resample.c`). */
function cubicTaps(from: number, to: number): Taps {
  const ratio = from / to;
  const stretch = Math.max(ratio, 1);
  const reach = 2 * stretch; // source px
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float32Array(to * width);
  for (let target = 0; target < to; target++) {
    const centre = (target + 0.5) * ratio;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    let sum = 0;
    for (let source = start; source < end; source++) sum += cubic((source + 0.5 - centre) / stretch);
    for (let source = start; source < end; source++) {
      weights[target * width + source - start] = cubic((source + 0.5 - centre) / stretch) / sum;
    }
    first[target] = start;
    count[target] = end - start;
  }
  return { width, first, count, weights };
}

/**
 * Bicubic resampling as PIL does it (`Image.resize(size, BICUBIC)`): a = -0.5, widened on reduction, horizontal pass first.
 * The middle result stays in float, so values can differ by one from PIL's 8-bit middle result.
 */
export function resampleBicubic(image: RgbImage, width: number, height: number): RgbImage {
  if (image.width === width && image.height === height) return image;
  const across = cubicTaps(image.width, width);
  const down = cubicTaps(image.height, height);

  const rows = new Float32Array(image.height * width * 3); // [h, W, 3]
  for (let y = 0; y < image.height; y++) {
    const sourceRow = y * image.width * 3;
    for (let x = 0; x < width; x++) {
      const start = sourceRow + (across.first[x] ?? 0) * 3;
      const count = across.count[x] ?? 0;
      const tapRow = x * across.width;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0, at = start; tap < count; tap++, at += 3) {
        const weight = across.weights[tapRow + tap] as number;
        red += weight * (image.data[at] as number);
        green += weight * (image.data[at + 1] as number);
        blue += weight * (image.data[at + 2] as number);
      }
      const target = (y * width + x) * 3;
      rows[target] = red;
      rows[target + 1] = green;
      rows[target + 2] = blue;
    }
  }

  const stride = width * 3;
  const data = new Uint8Array(height * stride); // [H, W, 3]
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const start = down.first[y] ?? 0;
    const count = down.count[y] ?? 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = down.weights[y * down.width + tap] as number;
      const sourceRow = (start + tap) * stride;
      for (let at = 0; at < stride; at++) sums[at] = (sums[at] as number) + weight * (rows[sourceRow + at] as number);
    }
    const targetRow = y * stride;
    for (let at = 0; at < stride; at++) {
      const value = Math.round(sums[at] as number);
      data[targetRow + at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
  return { width, height, data };
}

/** The size with this long side and the same aspect; sides are at least 1 px. */
export function withLongSide(size: Size, longSide: number): Size {
  const scale = longSide / Math.max(size.width, size.height);
  return scaled(size, scale);
}

/** The size times a factor, rounded; sides are at least 1 px. */
export function scaled(size: Size, factor: number): Size {
  return { width: Math.max(1, Math.round(size.width * factor)), height: Math.max(1, Math.round(size.height * factor)) };
}
