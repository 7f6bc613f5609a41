import { assertLength } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';
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
export function sobel(grey: ByteRaster, border: 'mirror' | 'repeat'): Gradient {
  const { width, height, data } = grey;
  assertLength('Sobel', width, height, 1, data.length);
  const beyond = border === 'mirror' ? reflected : (position: number, count: number) => Math.min(count - 1, Math.max(0, position));
  const dx = new Int16Array(data.length);
  const dy = new Int16Array(data.length);
  for (let y = 0; y < height; y++) {
    const above = beyond(y - 1, height) * width;
    const own = y * width;
    const below = beyond(y + 1, height) * width;
    for (let x = 0; x < width; x++) {
      const left = x > 0 && x < width - 1 ? x - 1 : beyond(x - 1, width);
      const right = x > 0 && x < width - 1 ? x + 1 : beyond(x + 1, width);
      const a = data[above + left] ?? 0;
      const b = data[above + x] ?? 0;
      const c = data[above + right] ?? 0;
      const d = data[below + left] ?? 0;
      const e = data[below + x] ?? 0;
      const f = data[below + right] ?? 0;
      dx[own + x] = c - a + 2 * ((data[own + right] ?? 0) - (data[own + left] ?? 0)) + f - d;
      dy[own + x] = d - a + 2 * (e - b) + f - c;
    }
  }
  return { width, height, dx, dy };
}
