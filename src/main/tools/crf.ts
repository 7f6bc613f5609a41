import * as z from 'zod';
import { argmaxOfMany, argmaxPlanes, positionsToLabels } from '#shared/raster/background.ts';
import { CRF_ROWS, CRF_ROW_NAMES } from '#shared/raster/crf/crf-rows.ts';
import { assertCrfFits, denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import type { Planes, Size } from '#shared/raster/planes.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { IGNORE } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import { defineTool, type Ending } from './define-tool.ts';
import { assertFiniteScores } from './planes-of.ts';
import { fileFor, readLabels, readPhoto, readPlanes } from './read-input.ts';
import { assertPaletteHolds, assertPaletteHoldsPlanes } from './results.ts';
import { anyNumber, oneOf, place, real, share, whole } from './settings.ts';

export const crfTool = defineTool({
  name: 'crf',
  summary: 'refine labels or scores by a dense CRF',
  description:
    'Refines a label map or class scores along the borders of a photo, as pydensecrf does. .png: the best label of each pixel; .npy: the probabilities, float32 [L, H, W], in the order of the labels that are printed; .npz: both, as scores and labels, with the list of these as label_ids.',
  example: 'penumbra tool crf cat.jpg --labels cat.png --out refined.png',
  page: 'crf',
  endings: ['.png', '.npy', '.npz'],
  settings: z.object({
    labels: place.optional().describe('label PNG or whole numbers .npy, or a folder of them by the photos’ names; 255 and what is below 0 is left open'),
    scores: place.optional().describe('scores .npy or .npz [L, H, W], background first (a plane alone wins everywhere); or a folder of them. Those of a coarser grid are brought to the photo’s size, values outside 0..1 count as 0 or 1'),
    row: oneOf(CRF_ROW_NAMES).default('irn').describe(`published settings that the others default to: ${CRF_ROW_NAMES.join(', ')}`),
    confidence: share.optional().describe('trust in a label'),
    iterations: whole(0, 1000).optional().describe('mean-field iterations'),
    gaussianSxy: real(0).optional().describe('smoothness kernel: deviation, px'),
    gaussianCompat: anyNumber.optional().describe('its weight; 0 leaves it out'),
    bilateralSxy: real(0).optional().describe('appearance kernel: deviation of position, px'),
    bilateralSrgb: real(0).optional().describe('its deviation of colour, grey values'),
    bilateralCompat: anyNumber.optional().describe('its weight; 0 leaves it out'),
  }),
  async run(file, settings, task, ending) {
    const photo = await readPhoto(file);
    const row = CRF_ROWS[settings.row];
    const { unary, labels, clippedScores } = await startOf(file, photo, { ...settings, confidence: settings.confidence ?? row.labelConfidence }, ending);
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
    const { width, height } = photo;
    const arrays = {
      scores: { dtype: 'float32', shape: [q.count, height, width], data: q.data },
      ...(ending === '.npz' ? { labels: { dtype: 'int32', shape: [height, width], data: positionsToLabels(argmaxOfMany(q), labels) } as const } : {}),
      label_ids: { dtype: 'int32', shape: [labels.length], data: Int32Array.from(labels) },
    } as const;
    return { facts: { width, height, labels, ...(clippedScores > 0 ? { clippedScores } : {}) }, arrays, labels: () => ({ width, height, data: positionsToLabels(argmaxPlanes(q), labels) }) };
  },
});

/** Scores that leave 0..1 by no more are so by their own computing. */
const ROUNDING = 1e-5;

interface Start {
  readonly labels?: string | undefined;
  readonly scores?: string | undefined;
  readonly confidence: number;
}

async function startOf(file: string, photo: Size, { labels, scores, confidence }: Start, ending: Ending | null): Promise<{ unary: Planes; labels: number[]; clippedScores: number }> {
  if (labels !== undefined && scores === undefined) {
    const labelsFile = await fileFor(file, labels, ['.png', '.npy', '.npz']);
    const map = await readLabels(labelsFile);
    assertSizeOf(labelsFile, map, photo);
    assertPaletteHolds(labelsFile, map.data, ending);
    const present = [...new Set(map.data)].filter((label) => label !== IGNORE && label >= 0).sort((a, b) => a - b);
    assertCrfFits(photo, present.length);
    return { unary: unaryFromLabels(map, present, confidence), labels: present, clippedScores: 0 };
  }
  if (scores === undefined || labels !== undefined) throw new PenumbraError('BAD_REQUEST', 'Either --labels or --scores is needed.', { remedy: 'Give one of the two.' });
  const scoresFile = await fileFor(file, scores, ['.npy', '.npz']);
  const planes = await readPlanes(scoresFile);
  assertPaletteHoldsPlanes(scoresFile, planes.count, ending);
  assertGridOf(scoresFile, planes, photo);
  assertFiniteScores(scoresFile, planes);
  assertCrfFits(photo, planes.count);
  const clippedScores = planes.data.reduce((sum, score) => sum + (score < -ROUNDING || score > 1 + ROUNDING ? 1 : 0), 0);
  return { unary: unaryFromScores(resizePlanesBilinear(planes, photo)), labels: Array.from({ length: planes.count }, (_, label) => label), clippedScores };
}

/** A grid has the photo's aspect but for rounding, one cell at most; anything else is another photo's, or its axes are in another order. */
function assertGridOf(file: string, { count, width, height }: Planes, photo: Size): void {
  if (Math.abs(width * photo.height - height * photo.width) <= Math.max(photo.width, photo.height)) return;
  throw new PenumbraError('BAD_REQUEST', `${file} holds ${count} planes of ${width}×${height} px; expected the photo’s ${photo.width}×${photo.height}, or a coarser grid of that aspect.`, {
    remedy: 'Bring the axes into the order [L, H, W], as by scores.transpose(2, 0, 1) from [H, W, L]; scores that are meant to be stretched go through "penumbra tool resize --kind scores" first.',
  });
}

function assertSizeOf(file: string, { width, height }: Size, photo: Size): void {
  if (width === photo.width && height === photo.height) return;
  throw new PenumbraError('BAD_REQUEST', `${file} is ${width}×${height} px; expected the photo’s ${photo.width}×${photo.height}.`, { remedy: 'Give the labels of this photo, or bring them to its size with "penumbra tool resize --kind labels".' });
}
