import { assertLength, assertOneOf, assertWithin, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster, RgbRaster } from '../rasters.ts';
import { checkpoint, EVERY_RUN, type RasterTask } from '../raster-task.ts';

export interface WandParameters {
  /** Most that any of R, G and B may differ from the seed's, 0..255. */
  readonly tolerance: number;
  readonly connectivity: 4 | 8;
  /** False takes every pixel of the image that is near enough in colour. */
  readonly contiguous: boolean;
}

const CHECK_EVERY_PX = 2 ** 14;

/** 255 for the pixels like the seed's, 0 for the others; contiguous: cv2.floodFill with FLOODFILL_FIXED_RANGE. BAD_REQUEST for a seed outside and settings without sense. */
export function magicWand(
  image: RgbRaster,
  seed: { readonly x: number; readonly y: number },
  { tolerance, connectivity, contiguous }: WandParameters,
  task?: RasterTask,
): ByteRaster {
  const { width, height, data } = image;
  assertLength('magic wand', width, height, 3, data.length);
  if (!(Number.isInteger(seed.x) && Number.isInteger(seed.y) && seed.x >= 0 && seed.y >= 0 && seed.x < width && seed.y < height)) {
    throw badInput('magic wand', `the seed is (${seed.x}, ${seed.y}); expected a pixel of ${width}×${height}`, 'Begin inside the image.');
  }
  assertWithin('magic wand', 'tolerance', tolerance, 0, 255);
  assertOneOf('magic wand', 'connectivity', connectivity, [4, 8]);
  assertFitsPixels('magic wand', image, 9);
  const start = seed.y * width + seed.x;
  const [r, g, b] = [data[start * 3] ?? 0, data[start * 3 + 1] ?? 0, data[start * 3 + 2] ?? 0];
  const alike = (pixel: number): boolean =>
    Math.abs((data[pixel * 3] ?? 0) - r) <= tolerance &&
    Math.abs((data[pixel * 3 + 1] ?? 0) - g) <= tolerance &&
    Math.abs((data[pixel * 3 + 2] ?? 0) - b) <= tolerance;
  const result = new Uint8Array(width * height);
  if (!contiguous) {
    for (let pixel = 0; pixel < result.length; pixel++) {
      if ((pixel & EVERY_RUN) === 0) checkpoint(task, pixel / result.length);
      if (alike(pixel)) result[pixel] = 255;
    }
    checkpoint(task, 1);
    return { width, height, data: result };
  }
  const reach = connectivity === 8 ? 1 : 0;
  const stack: number[] = [start];
  result[start] = 255;
  checkpoint(task, 0);
  let taken = 0; // pixels, each once
  let nextCheck = CHECK_EVERY_PX;
  // A run of the row at a time.
  for (let from = stack.pop(); from !== undefined; from = stack.pop()) {
    const y = Math.floor(from / width);
    const row = y * width;
    let left = from;
    let right = from;
    while (left > row && result[left - 1] === 0 && alike(left - 1)) result[--left] = 255;
    while (right < row + width - 1 && result[right + 1] === 0 && alike(right + 1)) result[++right] = 255;
    taken += right - left + 1;
    if (taken >= nextCheck) {
      checkpoint(task, taken / result.length);
      nextCheck = taken + CHECK_EVERY_PX;
    }
    for (const step of [-width, width]) {
      if (y + Math.sign(step) < 0 || y + Math.sign(step) >= height) continue;
      const end = Math.min(row + width - 1, right + reach) + step;
      for (let at = Math.max(row, left - reach) + step; at <= end; at++) {
        if (result[at] !== 0 || !alike(at)) continue;
        result[at] = 255;
        stack.push(at);
      }
    }
  }
  checkpoint(task, 1);
  return { width, height, data: result };
}
