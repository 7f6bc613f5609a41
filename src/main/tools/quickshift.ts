import * as z from 'zod';
import { badInput } from '#shared/raster/bad-input.ts';
import type { Size } from '#shared/raster/planes.ts';
import { QUICKSHIFT_SILOP, quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { defineTool } from './define-tool.ts';
import { drawBorders } from './draw.ts';
import { readPhoto, readPlanes } from './read-input.ts';
import { place, real, whole } from './settings.ts';

/** What scikit-image adds to break ties of density. */
const NOISE = 1e-5;

export const quickshiftTool = defineTool({
  name: 'quickshift',
  summary: 'cut a photo into quickshift superpixels',
  description: 'Quickshift superpixels as scikit-image computes them. .npy, .npz: their numbers from 0, int32 [H, W]; .png, .jpg: the photo with their borders. Without --noise it breaks ties by noise of its own, drawn from --seed: every run gives the same, and a few pixels lie otherwise than scikit-image’s.',
  example: 'penumbra tool quickshift cat.jpg --out borders.png',
  page: 'quickshift',
  endings: ['.npy', '.npz', '.png', '.jpg'],
  settings: z.object({
    kernelSize: real(1).default(QUICKSHIFT_SILOP.kernelSize).describe('deviation of the density’s kernel'),
    maxDistance: real(0).default(QUICKSHIFT_SILOP.maxDistance).describe('longest link to a denser pixel'),
    ratio: real(0).default(QUICKSHIFT_SILOP.ratio).describe('weight of colour against position'),
    sigma: real(0).default(QUICKSHIFT_SILOP.sigmaPx).describe('blur before, px'),
    noise: place.optional().describe('float32 .npy [H, W] that breaks ties, such as the one scikit-image draws (see the page); without it, noise of its own by --seed'),
    seed: whole(0, 2 ** 31 - 1).default(42).describe('seed of the tool’s own noise, which is not scikit-image’s even for the same number; without meaning beside --noise'),
  }),
  async run(file, { sigma, noise, seed, ...rest }, task) {
    const photo = await readPhoto(file);
    const random = randomFor('quickshift', seed);
    const ties = noise === undefined ? Float64Array.from({ length: photo.width * photo.height }, () => random.normal() * NOISE) : await noiseFor(photo, noise);
    const regions = quickshift(photo, { ...rest, sigmaPx: sigma }, ties, task);
    const { width, height, count, data } = regions;
    return { facts: { width, height, superpixels: count }, arrays: { labels: { dtype: 'int32', shape: [height, width], data } }, picture: () => drawBorders(photo, regions) };
  },
});

async function noiseFor(photo: Size, file: string): Promise<Float32Array> {
  const { count, width, height, data } = await readPlanes(file);
  if (count === 1 && width === photo.width && height === photo.height) return data;
  const found = count === 1 ? `${width}×${height} px` : `${count} planes of ${width}×${height} px`;
  throw badInput('quickshift', `the noise is ${found}, the photo ${photo.width}×${photo.height}`, 'Draw noise of the photo’s size, [H, W].');
}
