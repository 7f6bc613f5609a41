import * as z from 'zod';
import { boundaryF } from '#shared/raster/boundary/boundary-f.ts';
import { boundaryMap } from '#shared/raster/boundary/boundary-map.ts';
import { defineTool } from './define-tool.ts';
import { fileFor, readMask, readLabels } from './read-input.ts';
import { place, real } from './settings.ts';

export const boundaryTool = defineTool({
  name: 'boundary',
  summary: 'draw the boundaries of a mask, or score them against another',
  description: 'Boundaries as DAVIS draws them; with --truth the boundary measure F too, where all that is not 0 counts as inside. .png, .npy, .npz: 1 on boundaries; .json: the score.',
  example: 'penumbra tool boundary mask.png --truth truth.png --out score.json',
  page: 'boundary',
  endings: ['.png', '.npy', '.npz', '.json'],
  endingsFor: ({ truth }) => (truth === undefined ? ['.png', '.npy', '.npz'] : ['.png', '.npy', '.npz', '.json']),
  settings: z.object({
    truth: place.optional().describe('mask to score against, or a folder of them'),
    tolerance: real(0).default(0.008).describe('share of the diagonal within which a boundary pixel is right; from 1 on px'),
  }),
  async run(file, { truth, tolerance }, task) {
    const { width, height, data } = boundaryMap(await readLabels(file), task);
    const score = truth === undefined ? null : boundaryF(await readMask(file), await readMask(await fileFor(file, truth, ['.png', '.npy', '.npz'])), tolerance, task);
    const boundaryPixels = data.reduce((sum, value) => sum + value, 0);
    return { facts: { width, height, boundaryPixels, ...(score === null ? {} : { score }) }, arrays: { boundary: { dtype: 'uint8', shape: [height, width], data } }, labels: () => ({ width, height, data }), json: score };
  },
});
