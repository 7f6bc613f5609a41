import { assertLength } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster, IntRaster } from '../rasters.ts';
import { checkpoint, runsOf, type RasterTask } from '../raster-task.ts';

/**
 * 1 where a pixel differs from the one to its right, below, or right below, 0 elsewhere; in the last row only the right one counts, in the last
 * column only the one below, the last pixel is 0. DAVIS' seg2bmap, on labels as on masks.
 */
export function boundaryMap(labels: IntRaster, task?: RasterTask): ByteRaster {
  const { width, height, data } = labels;
  assertLength('boundary map', width, height, 1, data.length);
  assertFitsPixels('boundary map', labels, 1);
  const result = new Uint8Array(data.length);
  for (const [from, to] of runsOf(height, width, task)) {
    for (let y = from, pixel = from * width; y < to; y++) {
      for (let x = 0; x < width; x++, pixel++) {
        const own = data[pixel];
        const right = x + 1 < width && data[pixel + 1] !== own;
        const below = y + 1 < height && data[pixel + width] !== own;
        const diagonal = x + 1 < width && y + 1 < height && data[pixel + width + 1] !== own;
        result[pixel] = right || below || diagonal ? 1 : 0;
      }
    }
  }
  checkpoint(task, 1);
  return { width, height, data: result };
}
