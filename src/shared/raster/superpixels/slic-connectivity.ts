import { EVERY_RUN, checkpoint, type RasterTask } from '../raster-task.ts';
import type { IntRaster, Regions } from '../rasters.ts';

/**
 * scikit-image's way of making superpixels connected: 4-connected parts are met row by row; one of fewer than `least` pixels takes the number of
 * the neighbour met last, and a search stops at `most` pixels, so that a larger part falls into several.
 */
export function joinSmallParts({ width, height, data }: IntRaster, least: number, most: number, task?: RasterTask): Regions {
  // With a margin of one pixel that no part reaches and that is nobody's neighbour.
  const stride = width + 2;
  const labels = new Int32Array(stride * (height + 2)).fill(-1);
  for (let y = 0; y < height; y++) labels.set(data.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  const parts = new Int32Array(labels.length).fill(-1);
  const around = Int32Array.of(1, -1, stride, -stride);
  const queue = new Int32Array(Math.max(1, most));
  let next = 0;
  let looked = 0;
  for (let y = 1; y <= height; y++) {
    for (let start = y * stride + 1, end = start + width; start < end; start++) {
      if (parts[start] !== -1) continue;
      const label = labels[start];
      let adjacent = next;
      let size = 1;
      parts[start] = next;
      queue[0] = start;
      for (let visited = 0; visited < size && size < most; visited++) {
        if ((++looked & EVERY_RUN) === 0) checkpoint(task, looked / data.length);
        const pixel = queue[visited] ?? 0;
        for (let side = 0; side < 4; side++) {
          const other = pixel + (around[side] ?? 0);
          const taken = parts[other] ?? -1;
          if (taken === -1 && labels[other] === label) {
            parts[other] = next;
            queue[size++] = other;
            if (size >= most) break;
          } else if (taken !== -1 && taken !== next) adjacent = taken;
        }
      }
      if (size < least) for (let at = 0; at < size; at++) parts[queue[at] ?? 0] = adjacent;
      else next += 1;
    }
  }
  const result = new Int32Array(data.length);
  for (let y = 0; y < height; y++) result.set(parts.subarray((y + 1) * stride + 1, (y + 2) * stride - 1), y * width);
  return { count: lastOf(result) + 1, width, height, data: result };
}

/** A part too small without a neighbour keeps a number that is then not counted on. */
function lastOf(labels: Int32Array): number {
  let last = -1;
  for (const label of labels) if (label > last) last = label;
  return last;
}
