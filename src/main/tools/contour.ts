import * as z from 'zod';
import { boundingBox, externalContours, largestContour, type Contour } from '#shared/raster/components/contour.ts';
import type { ByteRaster, RgbRaster } from '#shared/raster/rasters.ts';
import { defineTool } from './define-tool.ts';
import { drawBox, LINE } from './draw.ts';
import { readLabels } from './read-input.ts';
import { whole } from './settings.ts';

export const contourTool = defineTool({
  name: 'contour',
  summary: 'find the largest outer contour of a mask, and its box',
  description: 'The contour of largest area and its bounding box, as OpenCV finds them. .json: points as x, y, area, and box as x, y, width, height; .png: both over the mask.',
  example: 'penumbra tool contour mask.png --label 8 --out contour.json',
  page: 'contour',
  endings: ['.json', '.png'],
  settings: z.object({ label: whole(0, 2 ** 31 - 1).optional().describe('only pixels of this label (default: all that are not 0, so that VOC’s void, 255, counts as inside)') }),
  async run(file, { label }, task) {
    const map = await readLabels(file);
    const { width, height } = map;
    const mask = { width, height, data: Uint8Array.from(map.data, (value) => ((label === undefined ? value !== 0 : value === label) ? 255 : 0)) };
    const contours = externalContours(mask, { simple: true }, task);
    const largest = largestContour(contours);
    const found = largest === null ? null : { areaPx: largest.areaPx, box: boundingBox(largest) };
    const points = largest === null ? [] : Array.from({ length: largest.points.length / 2 }, (_, at) => [largest.points[at * 2], largest.points[at * 2 + 1]]);
    return { facts: { width, height, contours: contours.length, largest: found }, json: { ...found, points }, picture: () => drawContour(mask, largestContour(externalContours(mask, { simple: false }, task))) };
  },
});

/** The mask in grey, the contour's pixels in yellow, its box in blue. */
function drawContour(mask: ByteRaster, contour: Contour | null): RgbRaster {
  const { width, height } = mask;
  const data = new Uint8Array(width * height * 3);
  for (const [pixel, value] of mask.data.entries()) if (value !== 0) data.fill(110, pixel * 3, pixel * 3 + 3);
  if (contour === null) return { width, height, data };
  const box = boundingBox(contour);
  const picture = drawBox({ width, height, data }, [box.x, box.y, box.x + box.width, box.y + box.height]);
  for (let at = 0; at < contour.points.length; at += 2) picture.data.set(LINE, ((contour.points[at + 1] ?? 0) * width + (contour.points[at] ?? 0)) * 3);
  return picture;
}
