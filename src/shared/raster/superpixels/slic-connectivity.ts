import type { IntRaster, Regions } from '../rasters.ts';

/**
 * scikit-image's way of making superpixels connected: 4-connected parts are met row by row; one of fewer than `least` pixels takes the number of
 * the neighbour met last, and a search stops at `most` pixels, so that a larger part falls into several.
 */
export function joinSmallParts({ width, height, data }: IntRaster, least: number, most: number): Regions {
  const result = new Int32Array(data.length).fill(-1);
  const queue = new Int32Array(Math.max(1, most));
  let next = 0;
  for (let start = 0; start < data.length; start++) {
    if (result[start] !== -1) continue;
    const label = data[start];
    let adjacent = next;
    let size = 1;
    result[start] = next;
    queue[0] = start;
    for (let visited = 0; visited < size && size < most; visited++) {
      const pixel = queue[visited] ?? 0;
      const x = pixel % width;
      for (let side = 0; side < 4; side++) {
        if (side === 0 ? x === width - 1 : side === 1 ? x === 0 : side === 2 ? pixel + width >= width * height : pixel < width) continue;
        const other = side === 0 ? pixel + 1 : side === 1 ? pixel - 1 : side === 2 ? pixel + width : pixel - width;
        const taken = result[other] ?? -1;
        if (taken === -1 && data[other] === label) {
          result[other] = next;
          queue[size++] = other;
          if (size >= most) break;
        } else if (taken !== -1 && taken !== next) adjacent = taken;
      }
    }
    if (size < least) for (let at = 0; at < size; at++) result[queue[at] ?? 0] = adjacent;
    else next += 1;
  }
  return { count: lastOf(result) + 1, width, height, data: result };
}

/** A part too small without a neighbour keeps a number that is then not counted on. */
function lastOf(labels: Int32Array): number {
  let last = -1;
  for (const label of labels) if (label > last) last = label;
  return last;
}
