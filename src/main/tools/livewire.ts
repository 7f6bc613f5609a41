import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { badInput } from '#shared/raster/bad-input.ts';
import { greyOf } from '#shared/raster/colour/grey.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { ByteRaster } from '#shared/raster/rasters.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from '#shared/raster/select/live-wire.ts';
import { defineTool } from './define-tool.ts';
import { drawMask } from './draw.ts';
import { readPhoto } from './read-input.ts';
import { pixel } from './settings.ts';

export const livewireTool = defineTool({
  name: 'livewire',
  summary: 'find the way along edges from one pixel to another',
  description: 'The cheapest way over the photo’s edges. .json: its pixels as x, y; .png, .jpg: the photo with the way.',
  example: 'penumbra tool livewire cat.jpg --from 40,60 --to 210,88 --out way.png',
  page: 'livewire',
  endings: ['.json', '.png', '.jpg'],
  settings: z.object({ from: pixel.optional().describe('x,y in px; needed'), to: pixel.optional().describe('x,y in px; needed') }),
  async run(file, { from, to }, task) {
    if (from === undefined || to === undefined) throw new PenumbraError('BAD_REQUEST', 'No --from and --to are given.', { remedy: 'Name both ends of the way as x,y in px.' });
    const photo = await readPhoto(file);
    if (to.x >= photo.width || to.y >= photo.height) throw badInput('live-wire', `the end is (${to.x}, ${to.y}); expected a pixel of ${photo.width}×${photo.height}`, 'End inside the image.');
    const map = liveWireMap(liveWireCosts(greyOf(photo, partOf(task, 0, 0.05)), partOf(task, 0.05, 0.2)), from, Infinity, partOf(task, 0.2, 1));
    const path = liveWirePath(map, to);
    const way = Array.from({ length: path.length / 2 }, (_, at) => [path[at * 2] ?? 0, path[at * 2 + 1] ?? 0] as const);
    return { facts: { pixels: way.length, cost: map.cost[to.y * photo.width + to.x] ?? null }, json: way, picture: () => drawMask(photo, maskOf(photo, way)) };
  },
});

function maskOf({ width, height }: Size, way: readonly (readonly [number, number])[]): ByteRaster {
  const data = new Uint8Array(width * height);
  for (const [x, y] of way) data[y * width + x] = 1;
  return { width, height, data };
}
