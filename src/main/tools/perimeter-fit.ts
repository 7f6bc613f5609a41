import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { regionsInsideSupport } from '#shared/raster/components/perimeter-fit.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { defineTool } from './define-tool.ts';
import { assertFiniteScores, onePlane } from './planes-of.ts';
import { fileFor, readLabels, readPlanes } from './read-input.ts';
import { maskPicture } from './results.ts';
import { place, real, whole } from './settings.ts';

export const perimeterFitTool = defineTool({
  name: 'perimeter-fit',
  summary: 'keep the regions that lie wholly where scores are high',
  description:
    'PerimeterFit’s flood-fill rule: connected regions of one label, all of whose pixels score above the threshold; the last row and column count for none, as in the published code. .npy, .npz: 255 in what is kept, uint8 [K, H, W]; .png: one plane of it.',
  example: 'penumbra tool perimeter-fit superpixels.npy --scores cam.npy --threshold 0.05 --out kept.png',
  page: 'perimeter-fit',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({
    scores: place.optional().describe('scores .npy or .npz [K, H, W] of the regions’ size, or a folder of them; needed'),
    threshold: real(0).default(0.05).describe('scores above are inside; PerimeterFit takes 0.05 for SLIC, 0 for quickshift'),
    plane: whole(0, 65_535).optional().describe('only this plane of the scores, from 0; needed for .png of several'),
  }),
  async run(file, { scores: given, threshold, plane }, task, ending) {
    if (given === undefined) throw new PenumbraError('BAD_REQUEST', 'No --scores are given.', { remedy: 'Name the scores that say where regions may lie.' });
    const regions = await readLabels(file);
    const { width, height } = regions;
    const scoresFile = await fileFor(file, given, ['.npy', '.npz']);
    const all = await readPlanes(scoresFile);
    assertFiniteScores(scoresFile, all);
    const scores = ending === '.png' || plane !== undefined ? onePlane(scoresFile, all, plane) : all;
    const pixels = scores.width * scores.height;
    const kept = new Uint8Array(scores.count * pixels);
    for (let at = 0; at < scores.count; at++) {
      const support = { width: scores.width, height: scores.height, data: Uint8Array.from(scores.data.subarray(at * pixels, (at + 1) * pixels), (score) => (score > threshold ? 255 : 0)) };
      kept.set(regionsInsideSupport(regions, support, partOf(task, at / scores.count, (at + 1) / scores.count)).data, at * pixels);
    }
    const facts = { planes: scores.count, width, height, keptPixels: kept.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) };
    return { facts, arrays: { kept: { dtype: 'uint8', shape: [scores.count, height, width], data: kept } }, picture: () => maskPicture({ width, height, data: kept }) };
  },
});
