import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { resizeLabelsNearest, resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { defineTool, type Ending } from './define-tool.ts';
import { readLabels, readPhoto, readPlanes } from './read-input.ts';
import { assertPaletteHolds, labelsResult } from './results.ts';
import { oneOf, whole } from './settings.ts';

const KINDS = ['pil-bicubic', 'pil-bilinear', 'opencv-bilinear', 'labels', 'scores'] as const;
type Kind = (typeof KINDS)[number];

export const resizeTool = defineTool({
  name: 'resize',
  summary: 'resize a photo as Pillow or OpenCV does, a label map by nearest, or scores',
  description:
    'pil-… is antialiased, opencv-bilinear is not; labels takes every pixel of a label map from one of its own; scores is bilinear, as PyTorch without align_corners. .png, .jpg: the picture; .npy, .npz: uint8 [H, W, 3]; labels as whole numbers [H, W]; scores as float32 [K, H, W].',
  example: 'penumbra tool resize cat.jpg --width 321 --height 241 --kind pil-bicubic --out small.png',
  page: 'resize',
  endings: ['.png', '.jpg', '.npy', '.npz'],
  endingsFor: ({ kind }) => ENDINGS_OF[kind],
  settings: z.object({
    width: whole(1, 65_535).optional().describe('px; needed'),
    height: whole(1, 65_535).optional().describe('px; needed'),
    kind: oneOf(KINDS).default('pil-bicubic').describe(KINDS.join(', ')),
  }),
  async run(file, { width, height, kind }, task, ending) {
    if (width === undefined || height === undefined) throw new PenumbraError('BAD_REQUEST', 'No --width and --height are given.', { remedy: 'Name the size in px.' });
    const size = { width, height };
    if (kind === 'labels') {
      const labels = await readLabels(file);
      assertPaletteHolds(file, labels.data, ending);
      return { facts: size, ...labelsResult(resizeLabelsNearest(labels, size, task)) };
    }
    if (kind === 'scores') {
      const scores = resizePlanesBilinear(await readPlanes(file), size, task);
      return { facts: { planes: scores.count, ...size }, arrays: { scores: { dtype: 'float32', shape: [scores.count, height, width], data: scores.data } } };
    }
    const photo = await readPhoto(file);
    const picture = kind === 'opencv-bilinear' ? resizeLikeOpencv(photo, 3, size, task) : resizeLikePil(photo, 3, size, kind === 'pil-bicubic' ? 'bicubic' : 'bilinear', task);
    return { facts: size, picture: () => picture, arrays: { picture: { dtype: 'uint8', shape: [height, width, 3], data: picture.data } } };
  },
});

const PICTURE = ['.png', '.jpg', '.npy', '.npz'] as const;

const ENDINGS_OF: Readonly<Record<Kind, readonly Ending[]>> = {
  'pil-bicubic': PICTURE,
  'pil-bilinear': PICTURE,
  'opencv-bilinear': PICTURE,
  labels: ['.png', '.npy', '.npz'],
  scores: ['.npy', '.npz'],
};
