import * as z from 'zod';
import { argmaxPlanes, positionsToLabels } from '#shared/raster/background.ts';
import { CRF_ROWS, CRF_ROW_NAMES } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { IGNORE } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { defineTool } from './define-tool.ts';
import { fileFor, readPhoto, readPlanes } from './read-input.ts';
import { real, whole } from './settings.ts';

export const crfTool = defineTool({
  name: 'crf',
  summary: 'refine labels or scores by a dense CRF',
  description: 'Refines a label map or class scores along the borders of a photo, as pydensecrf does. .png: the best label of each pixel; .npy: the probabilities, float32 [L, H, W].',
  example: 'penumbra tool crf cat.jpg --labels cat.png --out refined.png',
  ending: '.png',
  settings: z.object({
    labels: z.string().optional().describe('label PNG, or a folder of them by the photos’ names'),
    scores: z.string().optional().describe('scores .npy or .npz [L, H, W] in 0..1, background first; or a folder of them'),
    row: z.enum(CRF_ROW_NAMES).default('irn').describe(`published settings that the others default to: ${CRF_ROW_NAMES.join(', ')}`),
    confidence: z.coerce.number().gt(0).lt(1).optional().describe('trust in a label'),
    iterations: whole(0, 1000).optional().describe('mean-field iterations'),
    gaussianSxy: real(0).optional().describe('smoothness kernel: deviation, px'),
    gaussianCompat: z.coerce.number().optional().describe('its weight; 0 leaves it out'),
    bilateralSxy: real(0).optional().describe('appearance kernel: deviation of position, px'),
    bilateralSrgb: real(0).optional().describe('its deviation of colour, grey values'),
    bilateralCompat: z.coerce.number().optional().describe('its weight; 0 leaves it out'),
  }),
  async run(file, settings, task) {
    const photo = await readPhoto(file);
    const row = CRF_ROWS[settings.row];
    const { unary, labels } = await startOf(file, photo, { ...settings, confidence: settings.confidence ?? row.labelConfidence });
    const gaussian = { sxyPx: settings.gaussianSxy ?? row.gaussian.sxyPx, compat: settings.gaussianCompat ?? row.gaussian.compat };
    const bilateral = {
      sxyPx: settings.bilateralSxy ?? row.bilateral.sxyPx,
      srgb: settings.bilateralSrgb ?? row.bilateral.srgb,
      compat: settings.bilateralCompat ?? row.bilateral.compat,
    };
    const parameters = {
      iterations: settings.iterations ?? row.iterations,
      gaussian: gaussian.compat === 0 ? null : gaussian,
      bilateral: bilateral.compat === 0 ? null : bilateral,
    };
    const q = denseCrf(wholeImage(photo), unary, parameters, task);
    const best = { width: q.width, height: q.height, data: positionsToLabels(argmaxPlanes(q), labels) };
    return { facts: { width: q.width, height: q.height, labels }, array: { dtype: 'float32', shape: [q.count, q.height, q.width], data: q.data }, labels: best };
  },
});

interface Start {
  readonly labels?: string | undefined;
  readonly scores?: string | undefined;
  readonly confidence: number;
}

async function startOf(file: string, photo: { width: number; height: number }, { labels, scores, confidence }: Start): Promise<{ unary: Planes; labels: number[] }> {
  if (labels !== undefined && scores === undefined) {
    const map = await readLabelPng(await fileFor(file, labels, ['.png']));
    const present = [...new Set(map.data)].filter((label) => label !== IGNORE).sort((a, b) => a - b);
    return { unary: unaryFromLabels(map, present, confidence), labels: present };
  }
  if (scores === undefined || labels !== undefined) throw new PenumbraError('BAD_REQUEST', 'Either --labels or --scores is needed.', { remedy: 'Give one of the two.' });
  const planes = await readPlanes(await fileFor(file, scores, ['.npy', '.npz']));
  return { unary: unaryFromScores(resizePlanesBilinear(planes, photo)), labels: Array.from({ length: planes.count }, (_, label) => label) };
}
