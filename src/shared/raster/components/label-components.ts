import { assertLength, assertOneOf } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { IntRaster, Regions } from '../rasters.ts';
import { checkpoint, EVERY_RUN, rowsARun, type RasterTask } from '../raster-task.ts';

export interface Components extends Regions {
  /** Pixels of each component. */
  readonly sizes: Int32Array; // [count]
  /** The value that all pixels of a component have. */
  readonly values: Int32Array; // [count]
}

/**
 * Connected pixels of equal value: a partition of the image, numbered in the order of the components' first pixels by rows.
 * Values may be any whole numbers. `connectivity` 4: side by side; 8: corners too.
 */
export function labelComponents(raster: IntRaster, connectivity: 4 | 8, task?: RasterTask): Components {
  const { width, height, data } = raster;
  assertOneOf('components', 'connectivity', connectivity, [4, 8]);
  assertLength('components', width, height, 1, data.length);
  assertFitsPixels('components', raster, 12);
  const parent = new Int32Array(data.length);
  const rootOf = (pixel: number): number => {
    let root = pixel;
    while (parent[root] !== root) root = parent[root] ?? 0;
    for (let at = pixel; at !== root; ) {
      const next = parent[at] ?? 0;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  // The smaller pixel becomes the root, so a root is its component's first pixel.
  const join = (pixel: number, earlier: number): void => {
    const [a, b] = [rootOf(pixel), rootOf(earlier)];
    if (a < b) parent[b] = a;
    else parent[a] = b;
  };
  const run = rowsARun(width);
  for (let y = 0, pixel = 0; y < height; y++) {
    if (y % run === 0) checkpoint(task, (0.5 * y) / height);
    for (let x = 0; x < width; x++, pixel++) {
      parent[pixel] = pixel;
      const value = data[pixel];
      const left = x > 0 && data[pixel - 1] === value;
      const above = y > 0 && data[pixel - width] === value;
      // Neighbours of this pixel that are neighbours of each other are joined already, so one of them will do.
      if (connectivity === 4) {
        if (above) parent[pixel] = rootOf(pixel - width);
        if (left && !(above && data[pixel - width - 1] === value)) join(pixel, pixel - 1);
      } else if (above) parent[pixel] = rootOf(pixel - width);
      else {
        if (left) parent[pixel] = rootOf(pixel - 1);
        else if (x > 0 && y > 0 && data[pixel - width - 1] === value) parent[pixel] = rootOf(pixel - width - 1);
        if (y > 0 && x < width - 1 && data[pixel - width + 1] === value) join(pixel, pixel - width + 1);
      }
    }
  }
  const labels = new Int32Array(data.length);
  const sizes: number[] = [];
  const values: number[] = [];
  for (let pixel = 0; pixel < data.length; pixel++) {
    if ((pixel & EVERY_RUN) === 0) checkpoint(task, 0.5 + (0.5 * pixel) / data.length);
    const root = rootOf(pixel);
    if (root === pixel) {
      labels[pixel] = sizes.length;
      sizes.push(1);
      values.push(data[pixel] ?? 0);
    } else {
      const label = labels[root] ?? 0;
      labels[pixel] = label;
      sizes[label] = (sizes[label] ?? 0) + 1;
    }
  }
  checkpoint(task, 1);
  return { count: sizes.length, width, height, data: labels, sizes: Int32Array.from(sizes), values: Int32Array.from(values) };
}
