import * as z from 'zod';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { gaussianBlur3 } from '#shared/raster/filter/gaussian-blur.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { real, yesNo } from './settings.ts';

export const cannyTool = defineTool({
  name: 'canny',
  summary: 'find the edges of a photo',
  description: 'Canny edges as OpenCV computes them on grey values. .png: 255 on edges; .npy: the same, uint8 [H, W].',
  example: 'penumbra tool canny cat.jpg --low 100 --high 200 --out edges.png',
  ending: '.png',
  settings: z.object({
    low: real(0).default(100).describe('gradients above go on where a strong edge began'),
    high: real(0).default(200).describe('gradients above begin an edge'),
    norm: z.enum(['l1', 'l2']).default('l1').describe('length of the gradient: l1 or l2'),
    blur: yesNo.default(false).describe('yes or no: blur by 3×3 before'),
  }),
  async run(file, { blur, ...parameters }, task) {
    const grey = greyOf(await readPhoto(file));
    const edges = canny(blur ? gaussianBlur3(grey) : grey, parameters, task);
    const { width, height, data } = edges;
    const picture = { width, height, data: Uint8Array.from({ length: data.length * 3 }, (_, at) => data[Math.floor(at / 3)] ?? 0) };
    return { facts: { width, height, edgePixels: data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) }, array: { dtype: 'uint8', shape: [height, width], data }, picture };
  },
});
