import * as z from 'zod';
import { assertFits } from '#shared/raster/memory.ts';
import { edgeAffinities, featureAffinities, type PairAffinities } from '#shared/raster/walk/affinities.ts';
import { pairOffsets } from '#shared/raster/walk/pair-offsets.ts';
import { defineTool } from './define-tool.ts';
import { drawHeat } from './draw.ts';
import { oneEdgePlane } from './planes-of.ts';
import { readPlanes } from './read-input.ts';
import { oneOf, whole } from './settings.ts';

export const affinityTool = defineTool({
  name: 'affinity',
  summary: 'tell how alike near pixels are, by edges between them or by features',
  description:
    'Affinities of the pairs of pixels that a walk goes by: 1 less the largest edge on the way between them (IRN’s path maxima), or the features’ likeness (AffinityNet’s). .npy: float32 [offsets, H, W]; .npz: the same as affinities, with the offsets [offsets, 2] in rows and columns; .png: the mean of each pixel’s.',
  example: 'penumbra tool affinity edges.npy --radius 5 --out affinities.npz',
  page: 'walk',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({
    affinity: oneOf(['edges', 'features']).default('edges').describe('what the files hold: edges or features'),
    radius: whole(1, 64).default(5).describe('pairs nearer than this, px'),
    sources: oneOf(['all', 'inner']).optional().describe('all pairs (default for edges), or those of PSA’s inner pixels (default for features)'),
  }),
  async run(file, { affinity, radius, sources }, task) {
    const guide = await readPlanes(file);
    // The affinities, and the array of them.
    assertFits('affinity', `${guide.width}×${guide.height} px with radius ${radius}`, guide.width * guide.height * pairOffsets(radius).length * 8, 'Take a smaller grid or a smaller radius.');
    const pairs = affinity === 'edges' ? edgeAffinities(oneEdgePlane(file, guide), radius, sources ?? 'all', task) : featureAffinities(guide, radius, sources ?? 'inner', task);
    const { width, height, offsets, values } = pairs;
    const data = new Float32Array(offsets.length * width * height);
    for (const [index, each] of values.entries()) data.set(each, index * width * height);
    return {
      facts: { width, height, offsets: offsets.length },
      arrays: {
        affinities: { dtype: 'float32', shape: [offsets.length, height, width], data },
        offsets: { dtype: 'int32', shape: [offsets.length, 2], data: Int32Array.from(offsets.flatMap(({ dy, dx }) => [dy, dx])) },
      },
      picture: () => drawHeat({ width, height, data: meanOf(pairs) }),
    };
  },
});

/** Over the pairs that a pixel belongs to, at whichever end. */
function meanOf({ width, height, offsets, values }: PairAffinities): Float32Array {
  const sums = new Float32Array(width * height);
  const counts = new Float32Array(width * height);
  for (const [index, { dy, dx }] of offsets.entries()) {
    for (let y = 0; y + dy < height; y++) {
      for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
        const value = values[index]?.[y * width + x] ?? 0;
        for (const pixel of [y * width + x, (y + dy) * width + x + dx]) {
          sums[pixel] = (sums[pixel] ?? 0) + value;
          counts[pixel] = (counts[pixel] ?? 0) + 1;
        }
      }
    }
  }
  return sums.map((sum, pixel) => sum / Math.max(1, counts[pixel] ?? 0));
}
