import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { resizeLabelsNearest } from '#shared/raster/resize/resize.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { defineTool } from './define-tool.ts';
import { readPhoto } from './read-input.ts';
import { whole } from './settings.ts';

const KINDS = ['pil-bicubic', 'pil-bilinear', 'opencv-bilinear', 'labels'] as const;

export const resizeTool = defineTool({
  name: 'resize',
  summary: 'resize a photo as Pillow or OpenCV does, or a label map by nearest',
  description: 'pil-… is antialiased, opencv-bilinear is not; labels takes every pixel of a label map from one of its own. .png: the picture; .npy: uint8.',
  example: 'penumbra tool resize cat.jpg --width 321 --height 241 --kind pil-bicubic --out small.png',
  ending: '.png',
  settings: z.object({
    width: whole(1, 65_535).optional().describe('px; needed'),
    height: whole(1, 65_535).optional().describe('px; needed'),
    kind: z.enum(KINDS).default('pil-bicubic').describe(KINDS.join(', ')),
  }),
  async run(file, { width, height, kind }, task) {
    if (width === undefined || height === undefined) throw new PenumbraError('BAD_REQUEST', 'No --width and --height are given.', { remedy: 'Name the size in px.' });
    const size = { width, height };
    if (kind === 'labels') {
      const labels = resizeLabelsNearest(await readLabelPng(file), size, task);
      return { facts: size, labels, array: { dtype: 'uint8', shape: [height, width], data: labels.data } };
    }
    const photo = await readPhoto(file);
    const picture = kind === 'opencv-bilinear' ? resizeLikeOpencv(photo, 3, size, task) : resizeLikePil(photo, 3, size, kind === 'pil-bicubic' ? 'bicubic' : 'bilinear', task);
    return { facts: size, picture, array: { dtype: 'uint8', shape: [height, width, 3], data: picture.data } };
  },
});
