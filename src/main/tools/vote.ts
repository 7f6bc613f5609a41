import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { majorityVote } from '#shared/raster/superpixels/regions.ts';
import { defineTool } from './define-tool.ts';
import { fileFor, readLabels, readPhoto } from './read-input.ts';
import { assertPaletteHolds, labelsResult } from './results.ts';
import { place, real, whole } from './settings.ts';

export const voteTool = defineTool({
  name: 'vote',
  summary: 'give each superpixel of a photo the label that most of its pixels have',
  description: 'Cuts the photo by SLIC and takes the majority of a label map within each superpixel, of equals the smallest. .png, .npy, .npz: the label map.',
  example: 'penumbra tool vote cat.jpg --labels cat.png --out voted.png',
  page: 'vote',
  endings: ['.png', '.npy', '.npz'],
  settings: z.object({
    labels: place.optional().describe('label PNG or whole numbers .npy, or a folder of them; needed'),
    segments: whole(1, 1_000_000).default(SLIC_SILOP.segments).describe('about how many superpixels'),
    compactness: real(0).default(SLIC_SILOP.compactness).describe('weight of position against colour'),
  }),
  async run(file, { labels: given, segments, compactness }, task, ending) {
    if (given === undefined) throw new PenumbraError('BAD_REQUEST', 'No --labels are given.', { remedy: 'Name the label map.' });
    const labelsFile = await fileFor(file, given, ['.png', '.npy', '.npz']);
    const map = await readLabels(labelsFile);
    assertPaletteHolds(labelsFile, map.data, ending);
    const regions = slic(await readPhoto(file), { ...SLIC_SILOP, segments, compactness }, task);
    const { width, height } = regions;
    const voted = majorityVote(regions, map, task);
    const data = map.data instanceof Uint8Array ? Uint8Array.from(voted) : voted;
    return { facts: { width, height, superpixels: regions.count }, ...labelsResult({ width, height, data }) };
  },
});
