import * as z from 'zod';
import { gaussianBlur } from '#shared/raster/filter/gaussian-blur.ts';
import { assertFitsPixels } from '#shared/raster/memory.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { realWithin } from './settings.ts';

export const blurTool = defineTool({
  name: 'blur',
  summary: 'blur a photo by a Gaussian',
  description: 'Gaussian blur of each channel as scipy.ndimage.gaussian_filter. .png, .jpg: the picture, rounded; .npy, .npz: float32 [H, W, 3] from 0 to 255.',
  example: 'penumbra tool blur cat.jpg --sigma 2 --out blurred.png',
  page: 'filters',
  endings: ['.png', '.jpg', '.npy', '.npz'],
  settings: z.object({ sigma: realWithin(0, 1000).default(1).describe('deviation, px; 0 to 1000') }),
  async run(file, { sigma }, task) {
    const photo = await readPhoto(file);
    const { width, height } = photo;
    // The photo, its values in float64 and the blurred ones in float32.
    assertFitsPixels('blur', photo, 3 * (1 + 8 + 4));
    const blurred = gaussianBlur(Float64Array.from(photo.data), { width, height, channels: 3 }, sigma, task);
    return {
      facts: { width, height },
      arrays: { picture: { dtype: 'float32', shape: [height, width, 3], data: Float32Array.from(blurred) } },
      picture: () => ({ width, height, data: Uint8Array.from(blurred, (value) => Math.round(value)) }),
    };
  },
});
