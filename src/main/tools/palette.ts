import * as z from 'zod';
import { vocColour } from '#shared/domain/classes.ts';
import { defineTool } from './define-tool.ts';
import { readLabels } from './read-input.ts';
import { assertPaletteHolds, labelsResult } from './results.ts';

export const paletteTool = defineTool({
  name: 'palette',
  summary: 'write label numbers as a PNG in VOC’s colours, or a PNG as numbers',
  description: 'Changes how a label map is stored, and no label. .png: 8-bit palette PNG in VOC’s colours, whose values are the labels; .npy, .npz: the numbers [H, W]; .json: each label with its colour and its pixels.',
  example: 'penumbra tool palette labels.npy --out labels.png',
  page: 'palette',
  endings: ['.png', '.npy', '.npz', '.json'],
  settings: z.object({}),
  async run(file, _, __, ending) {
    const map = await readLabels(file);
    assertPaletteHolds(file, map.data, ending);
    const counts = new Map<number, number>();
    for (const label of map.data) counts.set(label, (counts.get(label) ?? 0) + 1);
    const labels = [...counts.keys()].sort((a, b) => a - b);
    const json = labels.map((label) => ({ label, colour: label >= 0 && label <= 255 ? vocColour(label) : null, pixels: counts.get(label) }));
    return { facts: { width: map.width, height: map.height, labels }, ...labelsResult(map), json };
  },
});
