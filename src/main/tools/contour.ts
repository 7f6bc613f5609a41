import * as z from 'zod';
import { boundingBox, externalContours, largestContour, type Contour } from '#shared/raster/components/contour.ts';
import type { ByteRaster, RgbRaster } from '#shared/raster/rasters.ts';
import { defineTool } from './define-tool.ts';
import { readLabels } from './read-input.ts';
import { whole } from './settings.ts';

export const contourTool = defineTool({
  name: 'contour',
  summary: 'find the largest outer contour of a mask, and its box',
  description: 'The contour of largest area and its bounding box, as OpenCV finds them. .json: points as x, y, area, and box as x, y, width, height; .png: both over the mask.',
  example: 'penumbra tool contour mask.png --label 8 --out contour.json',
  ending: '.json',
  settings: z.object({ label: whole(0, 2 ** 31 - 1).optional().describe('only pixels of this label (default: all that are not 0)') }),
  async run(file, { label }, task) {
    const map = await readLabels(file);
    const { width, height } = map;
    const mask = { width, height, data: Uint8Array.from(map.data, (value) => ((label === undefined ? value !== 0 : value === label) ? 255 : 0)) };
    const contours = externalContours(mask, { simple: true }, task);
    const largest = largestContour(contours);
    const whole = largestContour(externalContours(mask, { simple: false }, task));
    const found = largest === null ? null : { areaPx: largest.areaPx, box: boundingBox(largest) };
    const points = largest === null ? [] : Array.from({ length: largest.points.length / 2 }, (_, at) => [largest.points[at * 2], largest.points[at * 2 + 1]]);
    return { facts: { width, height, contours: contours.length, largest: found }, json: { ...found, points }, picture: drawContour(mask, whole) };
  },
});

const LINE = [255, 230, 0] as const;
const BOX = [60, 160, 255] as const;

/** The mask in grey, the contour's pixels in yellow, its box in blue. */
function drawContour(mask: ByteRaster, contour: Contour | null): RgbRaster {
  const { width, height } = mask;
  const data = new Uint8Array(width * height * 3);
  for (const [pixel, value] of mask.data.entries()) if (value !== 0) data.fill(110, pixel * 3, pixel * 3 + 3);
  if (contour === null) return { width, height, data };
  const box = boundingBox(contour);
  const paint = (x: number, y: number, colour: readonly number[]): void => data.set(colour, (y * width + x) * 3);
  for (let x = box.x; x < box.x + box.width; x++) for (const y of [box.y, box.y + box.height - 1]) paint(x, y, BOX);
  for (let y = box.y; y < box.y + box.height; y++) for (const x of [box.x, box.x + box.width - 1]) paint(x, y, BOX);
  for (let at = 0; at < contour.points.length; at += 2) paint(contour.points[at] ?? 0, contour.points[at + 1] ?? 0, LINE);
  return { width, height, data };
}
