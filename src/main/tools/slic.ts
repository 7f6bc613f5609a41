import * as z from 'zod';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { defineTool } from './define-tool.ts';
import { drawBorders } from './draw.ts';
import { readPhoto } from './read-input.ts';
import { real, whole, yesNo } from './settings.ts';

export const slicTool = defineTool({
  name: 'slic',
  summary: 'cut a photo into SLIC superpixels',
  description: 'SLIC superpixels as scikit-image computes them. .npy, .npz: their numbers from 0, int32 [H, W]; .png, .jpg: the photo with their borders.',
  example: 'penumbra tool slic cat.jpg --segments 400 --out borders.png',
  page: 'slic',
  endings: ['.npy', '.npz', '.png', '.jpg'],
  settings: z.object({
    segments: whole(1, 1_000_000).default(SLIC_SILOP.segments).describe('about how many'),
    compactness: real(0).default(SLIC_SILOP.compactness).describe('weight of position against colour'),
    sigma: real(0).default(SLIC_SILOP.sigmaPx).describe('blur before, px'),
    iterations: whole(1, 1000).default(SLIC_SILOP.iterations).describe('rounds of k-means'),
    connected: yesNo.default(true).describe('yes or no: parts that are cut off join a neighbour'),
  }),
  async run(file, { sigma, ...rest }, task) {
    const photo = await readPhoto(file);
    const regions = slic(photo, { ...rest, sigmaPx: sigma }, task);
    const { width, height, count, data } = regions;
    return { facts: { width, height, superpixels: count }, arrays: { labels: { dtype: 'int32', shape: [height, width], data } }, picture: () => drawBorders(photo, regions) };
  },
});
