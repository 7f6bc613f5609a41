import * as z from 'zod';
import { adjacentRegions } from '#shared/raster/superpixels/regions.ts';
import type { IntRaster, Regions } from '#shared/raster/rasters.ts';
import { defineTool } from './define-tool.ts';
import { drawGraph } from './draw.ts';
import { readLabels } from './read-input.ts';

export const adjacencyTool = defineTool({
  name: 'adjacency',
  summary: 'list which regions of a label map touch',
  description: 'Pairs of labels that share a side of a pixel, each once and in ascending order. .npy, .npz: int32 [pairs, 2]; .json: the same; .png: the regions, and a line between the centres of each pair.',
  example: 'penumbra tool adjacency superpixels.npy --out pairs.json',
  page: 'adjacency',
  endings: ['.npy', '.npz', '.json', '.png'],
  settings: z.object({}),
  async run(file, _, task) {
    const { regions, values } = numbered(await readLabels(file));
    const { width, height } = regions;
    const touching = adjacentRegions(regions, task);
    const pairs = touching.map((region) => values[region] ?? 0);
    return {
      facts: { width, height, regions: regions.count, pairs: pairs.length / 2 },
      arrays: { pairs: { dtype: 'int32', shape: [pairs.length / 2, 2], data: pairs } },
      json: Array.from({ length: pairs.length / 2 }, (_, pair) => [pairs[pair * 2], pairs[pair * 2 + 1]]),
      picture: () => drawGraph(regions, touching),
    };
  },
});

/** Labels may have gaps and be negative; regions are numbered in the order of their labels. */
function numbered({ width, height, data }: IntRaster): { regions: Regions; values: Int32Array } {
  const values = Int32Array.from(data).sort();
  let count = 0;
  for (const value of values) if (count === 0 || values[count - 1] !== value) values[count++] = value;
  const numberOf = (value: number): number => {
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { regions: { count, width, height, data: Int32Array.from(data, numberOf) }, values: values.subarray(0, count) };
}
