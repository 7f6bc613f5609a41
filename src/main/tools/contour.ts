import * as z from 'zod';
import { boundingBox, externalContours, largestContour } from '#shared/raster/components/contour.ts';
import { defineTool } from './define-tool.ts';
import { readLabels } from './read-input.ts';
import { whole } from './settings.ts';

export const contourTool = defineTool({
  name: 'contour',
  summary: 'find the largest outer contour of a mask, and its box',
  description: 'The contour of largest area and its bounding box, as OpenCV finds them. .json: points as x, y, area, and box as x, y, width, height.',
  example: 'penumbra tool contour mask.png --label 8 --out contour.json',
  ending: '.json',
  settings: z.object({ label: whole(0, 2 ** 31 - 1).optional().describe('only pixels of this label (default: all that are not 0)') }),
  async run(file, { label }) {
    const map = await readLabels(file);
    const { width, height } = map;
    const mask = { width, height, data: Uint8Array.from(map.data, (value) => ((label === undefined ? value !== 0 : value === label) ? 255 : 0)) };
    const contours = externalContours(mask, { simple: true });
    const largest = largestContour(contours);
    const found = largest === null ? null : { areaPx: largest.areaPx, box: boundingBox(largest) };
    const points = largest === null ? [] : Array.from({ length: largest.points.length / 2 }, (_, at) => [largest.points[at * 2], largest.points[at * 2 + 1]]);
    return { facts: { width, height, contours: contours.length, largest: found }, json: { ...found, points } };
  },
});
