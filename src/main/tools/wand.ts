import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { magicWand } from '#shared/raster/select/magic-wand.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { oneOf, pixel, whole, yesNo } from './settings.ts';

export const wandTool = defineTool({
  name: 'wand',
  summary: 'take the pixels that are like one in colour',
  description: 'Grows a region from a pixel over those whose R, G and B differ little from its own. .png: 1 inside, as a label map; .npy, .npz: 255 inside, uint8 [H, W].',
  example: 'penumbra tool wand cat.jpg --at 120,80 --tolerance 24 --out region.png',
  page: 'wand',
  endings: ['.png', '.npy', '.npz'],
  settings: z.object({
    at: pixel.optional().describe('x,y in px; needed'),
    tolerance: whole(0, 255).default(16).describe('most that a channel may differ'),
    connectivity: oneOf(['4', '8']).default('4').describe('4: side by side; 8: corners too'),
    contiguous: yesNo.default(true).describe('yes or no: only pixels that hang together'),
  }),
  async run(file, { at, tolerance, connectivity, contiguous }, task) {
    if (at === undefined) throw new PenumbraError('BAD_REQUEST', 'No --at is given.', { remedy: 'Name the pixel to begin from as x,y in px.' });
    const { width, height, data } = magicWand(await readPhoto(file), at, { tolerance, connectivity: connectivity === '4' ? 4 : 8, contiguous }, task);
    return { facts: { width, height, pixels: data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) }, arrays: { mask: { dtype: 'uint8', shape: [height, width], data } }, labels: () => ({ width, height, data: data.map((value) => (value === 0 ? 0 : 1)) }) };
  },
});
