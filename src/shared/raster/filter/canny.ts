import { badInput } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, type RasterTask } from '../raster-task.ts';
import { sobel } from './sobel.ts';

export interface CannyParameters {
  /** Gradients above this go on where a strong edge began. */
  readonly low: number;
  /** Gradients above this begin an edge. */
  readonly high: number;
  /** Length of the gradient: |dx| + |dy|, or its Euclidean length. */
  readonly norm: 'l1' | 'l2';
}

/** tan 22.5° in fixed point of 15 bits, as OpenCV has it. */
const TAN_22 = 13573;

/** Edges, 255 or 0, as cv2.Canny(grey, low, high, apertureSize=3). */
export function canny(grey: ByteRaster, parameters: CannyParameters, task?: RasterTask): ByteRaster {
  const { width, height } = grey;
  const squared = parameters.norm === 'l2';
  const [low, high] = thresholds(parameters);
  const { dx, dy } = sobel(grey, 'repeat');
  checkpoint(task, 0.3);
  // One pixel of margin, which is no edge and has no gradient.
  const stride = width + 2;
  const magnitude = new Int32Array(stride * (height + 2));
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = (y + 1) * stride + 1; x < width; x++, to++, from++) {
      const gx = dx[from] ?? 0;
      const gy = dy[from] ?? 0;
      magnitude[to] = squared ? gx * gx + gy * gy : (gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy);
    }
  }
  checkpoint(task, 0.5);
  const edges = new Uint8Array(magnitude.length); // 1: may go on an edge, 2: is one
  const strong = new Int32Array(width * height);
  let found = 0;
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, at = (y + 1) * stride + 1; x < width; x++, at++, from++) {
      const m = magnitude[at] ?? 0;
      if (m <= low) continue;
      const gx = dx[from] ?? 0;
      const gy = dy[from] ?? 0;
      const run = Math.abs(gx);
      const rise = Math.abs(gy) * 32768;
      const limit = run * TAN_22;
      let kept: boolean;
      if (rise < limit) kept = m > (magnitude[at - 1] ?? 0) && m >= (magnitude[at + 1] ?? 0);
      else if (rise > limit + run * 65536) kept = m > (magnitude[at - stride] ?? 0) && m >= (magnitude[at + stride] ?? 0);
      else {
        const side = (gx ^ gy) < 0 ? -1 : 1;
        kept = m > (magnitude[at - stride - side] ?? 0) && m > (magnitude[at + stride + side] ?? 0);
      }
      if (!kept) continue;
      if (m > high) {
        edges[at] = 2;
        strong[found++] = at;
      } else edges[at] = 1;
    }
  }
  checkpoint(task, 0.9);
  const around = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
  while (found > 0) {
    const at = strong[--found] ?? 0;
    for (const step of around) {
      if (edges[at + step] !== 1) continue;
      edges[at + step] = 2;
      strong[found++] = at + step;
    }
  }
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = edges[(y + 1) * stride + x + 1] === 2 ? 255 : 0;
  }
  checkpoint(task, 1);
  return { width, height, data };
}

function thresholds({ low, high, norm }: CannyParameters): [number, number] {
  if (!(low >= 0 && high >= 0)) throw badInput('Canny', `thresholds are ${low} and ${high}; expected numbers from 0`, 'Give both a value from 0 to 2040.');
  const [least, most] = low < high ? [low, high] : [high, low];
  if (norm === 'l1') return [Math.floor(least), Math.floor(most)];
  return [Math.floor(Math.min(32767, least) ** 2), Math.floor(Math.min(32767, most) ** 2)];
}
