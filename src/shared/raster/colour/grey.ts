import { assertLength } from '../bad-input.ts';
import type { ByteRaster, RgbRaster } from '../rasters.ts';
import { checkpoint, runsOf, type RasterTask } from '../raster-task.ts';

/** cv2.cvtColor(RGB2GRAY) on bytes: 0.299 R + 0.587 G + 0.114 B in fixed point of 15 bits, rounded. */
export function greyOf({ width, height, data }: RgbRaster, task?: RasterTask): ByteRaster {
  assertLength('grey', width, height, 3, data.length);
  const grey = new Uint8Array(width * height);
  for (const [from, to] of runsOf(grey.length, 1, task)) {
    for (let pixel = from, at = 3 * from; pixel < to; pixel++, at += 3) {
      grey[pixel] = ((data[at] ?? 0) * 9798 + (data[at + 1] ?? 0) * 19235 + (data[at + 2] ?? 0) * 3735 + 16384) >> 15;
    }
  }
  checkpoint(task, 1);
  return { width, height, data: grey };
}
