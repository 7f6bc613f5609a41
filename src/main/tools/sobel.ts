import * as z from 'zod';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { sobel } from '#shared/raster/filter/sobel.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { defineTool } from './define-tool.ts';
import { drawHeat } from './draw.ts';
import { readPhoto } from './read-input.ts';
import { oneOf } from './settings.ts';

export const sobelTool = defineTool({
  name: 'sobel',
  summary: 'tell how grey values rise to the right and downwards',
  description: 'The gradient of grey values as cv2.Sobel computes it with a 3×3 kernel. .npy: to the right, then downwards, int32 [2, H, W]; .npz: the same as dx and dy; .png: its length, the steeper the lighter.',
  example: 'penumbra tool sobel cat.jpg --out gradient.png',
  page: 'filters',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({ border: oneOf(['mirror', 'repeat']).default('mirror').describe('what lies beyond the edge: mirror as OpenCV, or repeat as Canny does') }),
  async run(file, { border }, task, ending) {
    const { width, height, dx, dy } = sobel(greyOf(await readPhoto(file), partOf(task, 0, 0.3)), border, partOf(task, 0.3, 1));
    const plane = (data: Int16Array) => ({ dtype: 'int32', shape: [height, width], data: Int32Array.from(data) }) as const;
    const both = () => {
      const data = new Int32Array(dx.length * 2);
      data.set(dx);
      data.set(dy, dx.length);
      return { dtype: 'int32', shape: [2, height, width], data } as const;
    };
    const lengths = Float32Array.from(dx, (value, pixel) => Math.hypot(value, dy[pixel] ?? 0));
    const steepest = Math.round(lengths.reduce((most, length) => Math.max(most, length), 0));
    return { facts: { width, height, steepest }, arrays: ending === '.npz' ? { dx: plane(dx), dy: plane(dy) } : { gradient: both() }, picture: () => drawHeat({ width, height, data: lengths }) };
  },
});
