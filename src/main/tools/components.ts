import * as z from 'zod';
import { labelComponents } from '#shared/raster/components/label-components.ts';
import { defineTool } from './define-tool.ts';
import { drawNumbers } from './draw.ts';
import { readLabels } from './read-input.ts';
import { oneOf } from './settings.ts';

export const componentsTool = defineTool({
  name: 'components',
  summary: 'number the connected parts of a label map',
  description: 'Connected pixels of one label. .npy, .npz: their numbers from 0, int32 [H, W]; .png: each in a colour, those of label 0 black; .json: label and pixels of each.',
  example: 'penumbra tool components mask.png --out parts.npy',
  page: 'components',
  endings: ['.npy', '.npz', '.png', '.json'],
  settings: z.object({ connectivity: oneOf(['4', '8']).default('8').describe('4: side by side; 8: corners too') }),
  async run(file, { connectivity }, task) {
    const { width, height, count, data, sizes, values } = labelComponents(await readLabels(file), connectivity === '4' ? 4 : 8, task);
    return {
      facts: { width, height, components: count },
      arrays: { labels: { dtype: 'int32', shape: [height, width], data } },
      picture: () => drawNumbers({ width, height, data: data.map((label) => ((values[label] ?? 0) === 0 ? 0 : label + 1)) }),
      json: Array.from({ length: count }, (_, label) => ({ label: values[label], pixels: sizes[label] })),
    };
  },
});
