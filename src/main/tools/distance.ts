import * as z from 'zod';
import { squaredDistance } from '#shared/raster/morphology/distance-transform.ts';
import { defineTool } from './define-tool.ts';
import { drawHeat } from './draw.ts';
import { readMask } from './read-input.ts';

export const distanceTool = defineTool({
  name: 'distance',
  summary: 'tell each pixel of a mask how far off its edge is',
  description: 'Euclidean distance of each pixel to the nearest one that is 0, on labels of any number, as scipy.ndimage.distance_transform_edt. .npy, .npz: px, float32 [H, W]; .png: the farther, the lighter.',
  example: 'penumbra tool distance mask.png --out distance.npy',
  page: 'distance',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({}),
  async run(file, _, task) {
    const mask = await readMask(file);
    const data = Float32Array.from(squaredDistance(mask, task), Math.sqrt);
    const farthest = data.reduce((most, value) => Math.max(most, value), 0);
    const { width, height } = mask;
    return { facts: { width, height, farthestPx: Number.isFinite(farthest) ? farthest : 'beyond all, as no pixel is 0' }, arrays: { distance: { dtype: 'float32', shape: [height, width], data } }, picture: () => drawHeat({ width, height, data }) };
  },
});
