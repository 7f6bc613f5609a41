import * as z from 'zod';
import { labOf } from '#shared/raster/colour/lab.ts';
import { assertFitsPixels } from '#shared/raster/memory.ts';
import type { RgbRaster } from '#shared/raster/rasters.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';

export const labTool = defineTool({
  name: 'lab',
  summary: 'tell lightness and colour of each pixel as CIE L*a*b*',
  description: 'CIE L*a*b* as skimage.color.rgb2lab computes it. .npy, .npz: float32 [H, W, 3]; .png: L, a and b side by side in grey, L from 0 to 100, a and b from −128 to 127.',
  example: 'penumbra tool lab cat.jpg --out lab.npy',
  page: 'filters',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({}),
  async run(file, _, task) {
    const photo = await readPhoto(file);
    const { width, height } = photo;
    // The photo, its values in float64 and in float32, and the picture of them.
    assertFitsPixels('Lab', photo, 3 * (1 + 8 + 4 + 3));
    const lab = labOf(photo, undefined, task);
    return { facts: { width, height }, arrays: { lab: { dtype: 'float32', shape: [height, width, 3], data: Float32Array.from(lab) } }, picture: () => drawChannels(lab, width, height) };
  },
});

function drawChannels(lab: Float64Array, width: number, height: number): RgbRaster {
  const data = new Uint8Array(width * height * 9);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = pixel % width;
    const row = (pixel - x) * 3;
    for (let channel = 0; channel < 3; channel++) {
      const value = lab[pixel * 3 + channel] ?? 0;
      const grey = Math.min(255, Math.max(0, Math.round(channel === 0 ? value * 2.55 : value + 128)));
      data.fill(grey, (row + channel * width + x) * 3, (row + channel * width + x) * 3 + 3);
    }
  }
  return { width: width * 3, height, data };
}
