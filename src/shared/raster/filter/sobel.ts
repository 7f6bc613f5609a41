import { assertLength, assertOneOf } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, runsOf, type RasterTask } from '../raster-task.ts';
import { reflected } from './gaussian-blur.ts';

export interface Gradient {
  readonly width: number; // px
  readonly height: number; // px
  /** Right minus left, 3×3 Sobel, −1020..1020. */
  readonly dx: Int16Array; // [height * width]
  /** Below minus above. */
  readonly dy: Int16Array; // [height * width]
}

/**
 * cv2.Sobel with a 3×3 kernel on bytes. Beyond the edge the image is mirrored about its edge pixels (OpenCV's default), or its edge pixels are
 * repeated (what Canny does).
 */
export function sobel(grey: ByteRaster, border: 'mirror' | 'repeat', task?: RasterTask): Gradient {
  const { width, height, data } = grey;
  assertOneOf('Sobel', 'border', border, ['mirror', 'repeat']);
  assertLength('Sobel', width, height, 1, data.length);
  const beyond = border === 'mirror' ? reflected : (position: number, count: number) => Math.min(count - 1, Math.max(0, position));
  const end = beyond(width, width);
  const dx = new Int16Array(data.length);
  const dy = new Int16Array(data.length);
  const row = (y: number): void => {
    const above = beyond(y - 1, height) * width;
    const own = y * width;
    const below = beyond(y + 1, height) * width;
    // Of the columns left of x, at x and right of x: [1 2 1] · values, and below minus above.
    const start = beyond(-1, width);
    let leftSum = (data[above + start] ?? 0) + 2 * (data[own + start] ?? 0) + (data[below + start] ?? 0);
    let leftRise = (data[below + start] ?? 0) - (data[above + start] ?? 0);
    let ownSum = (data[above] ?? 0) + 2 * (data[own] ?? 0) + (data[below] ?? 0);
    let ownRise = (data[below] ?? 0) - (data[above] ?? 0);
    for (let x = 0; x < width; x++) {
      const right = x < width - 1 ? x + 1 : end;
      const a = data[above + right] ?? 0;
      const c = data[below + right] ?? 0;
      const rightSum = a + 2 * (data[own + right] ?? 0) + c;
      const rightRise = c - a;
      dx[own + x] = rightSum - leftSum;
      dy[own + x] = leftRise + 2 * ownRise + rightRise;
      leftSum = ownSum;
      leftRise = ownRise;
      ownSum = rightSum;
      ownRise = rightRise;
    }
  };
  for (const [from, to] of runsOf(height, width, task)) for (let y = from; y < to; y++) row(y);
  checkpoint(task, 1);
  return { width, height, dx, dy };
}
