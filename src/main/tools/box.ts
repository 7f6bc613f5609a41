import * as z from 'zod';
import { boxOfScores } from '#shared/raster/components/contour.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { defineTool } from './define-tool.ts';
import { drawBox, drawHeat } from './draw.ts';
import { assertFiniteScores, onePlane } from './planes-of.ts';
import { readPlanes } from './read-input.ts';
import { realWithin, whole } from './settings.ts';

export const boxTool = defineTool({
  name: 'box',
  summary: 'draw the box around what scores highest',
  description:
    'The box of a class map by TS-CAM’s rule: scores brought to 0..255 from their least to their most, pixels above a share of the most, box of their largest contour. .json: left, top, right, bottom, right and bottom outside; .png: the scores and the box.',
  example: 'penumbra tool box cam.npy --threshold 0.1 --out box.json',
  page: 'contour',
  endings: ['.json', '.png'],
  settings: z.object({
    threshold: realWithin(0, 1).default(0.1).describe('share of the highest score that pixels inside exceed, 0 to 1'),
    plane: whole(0, 65_535).optional().describe('which plane of the scores, from 0; needed where there are several'),
  }),
  async run(file, { threshold, plane }, task) {
    const scores = onePlane(file, await readPlanes(file), plane);
    assertFiniteScores(file, scores);
    const { width, height } = scores;
    const bytes = { width, height, data: bytesOf(scores) };
    const box = boxOfScores(bytes, threshold, task);
    return { facts: { width, height, box }, json: { box }, picture: () => drawBox(drawHeat({ width, height, data: Float32Array.from(bytes.data) }), box) };
  },
});

/** Whole parts of 0..255. All 0 where scores do not differ. */
function bytesOf({ data }: Planes): Uint8Array {
  let [least, most] = [Infinity, -Infinity];
  for (const score of data) {
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  return Uint8Array.from(data, (score) => (most > least ? Math.floor(((score - least) / (most - least)) * 255) : 0));
}
