import * as z from 'zod';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { gaussianBlur3 } from '#shared/raster/filter/gaussian-blur.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { maskPicture } from './results.ts';
import { yesNo } from './settings.ts';

export const greyTool = defineTool({
  name: 'grey',
  summary: 'turn a photo grey, and blur that by 3×3 when asked',
  description: 'Grey values as cv2.cvtColor computes them, and the 3×3 cv2.GaussianBlur of them. .png, .jpg: the picture; .npy, .npz: uint8 [H, W].',
  example: 'penumbra tool grey cat.jpg --out grey.png',
  page: 'filters',
  endings: ['.png', '.jpg', '.npy', '.npz'],
  settings: z.object({ blur: yesNo.default(false).describe('yes or no: blur by 3×3') }),
  async run(file, { blur }, task) {
    const grey = greyOf(await readPhoto(file), partOf(task, 0, 0.5));
    const result = blur ? gaussianBlur3(grey, partOf(task, 0.5, 1)) : grey;
    const { width, height, data } = result;
    return { facts: { width, height }, arrays: { grey: { dtype: 'uint8', shape: [height, width], data } }, picture: () => maskPicture(result) };
  },
});
