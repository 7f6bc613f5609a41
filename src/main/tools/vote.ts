import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { majorityVote } from '#shared/raster/superpixels/regions.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { defineTool } from './define-tool.ts';
import { fileFor, readPhoto } from './read-input.ts';
import { real, whole } from './settings.ts';

export const voteTool = defineTool({
  name: 'vote',
  summary: 'give each superpixel of a photo the label that most of its pixels have',
  description: 'Cuts the photo by SLIC and takes the majority of a label map within each superpixel, of equals the smallest. .png: the label map.',
  example: 'penumbra tool vote cat.jpg --labels cat.png --out voted.png',
  ending: '.png',
  settings: z.object({
    labels: z.string().optional().describe('label PNG, or a folder of them; needed'),
    segments: whole(1, 1_000_000).default(SLIC_SILOP.segments).describe('about how many superpixels'),
    compactness: real(0).default(SLIC_SILOP.compactness).describe('weight of position against colour'),
  }),
  async run(file, { labels: given, segments, compactness }, task) {
    if (given === undefined) throw new PenumbraError('BAD_REQUEST', 'No --labels are given.', { remedy: 'Name the label map.' });
    const map = await readLabelPng(await fileFor(file, given, ['.png']));
    const regions = slic(await readPhoto(file), { ...SLIC_SILOP, segments, compactness }, task);
    const { width, height } = regions;
    const labels = { width, height, data: Uint8Array.from(majorityVote(regions, map, task)) };
    return { facts: { width, height, superpixels: regions.count }, labels, array: { dtype: 'uint8', shape: [height, width], data: labels.data } };
  },
});
