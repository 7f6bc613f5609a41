import * as z from 'zod';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { gaussianBlur3 } from '#shared/raster/filter/gaussian-blur.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { maskPicture } from './results.ts';
import { oneOf, real, yesNo } from './settings.ts';

export const cannyTool = defineTool({
  name: 'canny',
  summary: 'find the edges of a photo',
  description: 'Canny edges as OpenCV computes them on grey values. .png: 255 on edges; .npy, .npz: the same, uint8 [H, W].',
  example: 'penumbra tool canny cat.jpg --low 100 --high 200 --out edges.png',
  page: 'canny',
  endings: ['.png', '.npy', '.npz'],
  settings: z.object({
    low: real(0).default(100).describe('gradients above go on where a strong edge began'),
    high: real(0).default(200).describe('gradients above begin an edge'),
    norm: oneOf(['l1', 'l2']).default('l1').describe('length of the gradient: l1 or l2'),
    blur: yesNo.default(false).describe('yes or no: blur by 3×3 before'),
  }),
  async run(file, { blur, ...parameters }, task) {
    const grey = greyOf(await readPhoto(file), partOf(task, 0, 0.1));
    const edges = canny(blur ? gaussianBlur3(grey, partOf(task, 0.1, 0.2)) : grey, parameters, partOf(task, 0.2, 1));
    const { width, height, data } = edges;
    const edgePixels = data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    return { facts: { width, height, edgePixels }, arrays: { edges: { dtype: 'uint8', shape: [height, width], data } }, picture: () => maskPicture(edges) };
  },
});
