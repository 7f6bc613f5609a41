import { assertLength, badInput } from '../bad-input.ts';
import type { ByteRaster, IntRaster } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { labelComponents } from './label-components.ts';

/**
 * PerimeterFit's flood-fill rule (methods/refine.md §4.3): 255 where a 4-connected region of `regions` lies wholly inside `support`, 0 elsewhere.
 * As in the published code, which never starts a fill there, what the last row and the last column say counts for no region.
 */
export function regionsInsideSupport(regions: IntRaster, support: ByteRaster, task?: RasterTask): ByteRaster {
  const { width, height } = regions;
  if (support.width !== width || support.height !== height) {
    throw badInput('PerimeterFit', `support is ${support.width}×${support.height} px, the regions ${width}×${height}`, 'Resize the scores to the photo first.');
  }
  assertLength('PerimeterFit', width, height, 1, support.data.length);
  const components = labelComponents(regions, 4, partOf(task, 0, 0.5));
  const erased = new Uint8Array(components.count);
  for (const [from, to] of runsOf(height - 1, width, partOf(task, 0.5, 0.75))) {
    for (let y = from; y < to; y++) {
      for (let x = 0; x < width - 1; x++) {
        const pixel = y * width + x;
        if (support.data[pixel] === 0) erased[components.data[pixel] ?? 0] = 1;
      }
    }
  }
  const data = new Uint8Array(width * height);
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.75, 1))) {
    for (let pixel = from; pixel < to; pixel++) data[pixel] = erased[components.data[pixel] ?? 0] === 1 ? 0 : 255;
  }
  checkpoint(task, 1);
  return { width, height, data };
}
