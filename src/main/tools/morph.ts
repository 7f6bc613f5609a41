import * as z from 'zod';
import { BACKGROUND } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import { morphClass, type ClassMorphology } from '#shared/raster/morphology/by-class.ts';
import { defineTool } from './define-tool.ts';
import { readLabels } from './read-input.ts';
import { assertPaletteHolds, labelsResult } from './results.ts';
import { oneOf, real, whole } from './settings.ts';

const [CLASS, OTHER] = [1, 2];

const KINDS = ['open', 'close', 'fill', 'remove-small'] as const;

export const morphTool = defineTool({
  name: 'morph',
  summary: 'open, close, fill or clean one class of a label map',
  description: 'Changes the shape of one class. What it loses becomes background, and it gains from background alone, so no other class changes. .png, .npy, .npz: the label map.',
  example: 'penumbra tool morph mask.png --label 8 --kind close --radius 3 --out closed.png',
  page: 'morph',
  endings: ['.png', '.npy', '.npz'],
  settings: z.object({
    label: whole(1, 2 ** 31 - 1).optional().describe('the class; needed'),
    kind: oneOf(KINDS).default('open').describe(KINDS.join(', ')),
    radius: real(0).default(2).describe('radius of the disc for open and close, px'),
    least: whole(1, 2 ** 31 - 1).default(64).describe('pixels of the smallest part that remove-small keeps'),
  }),
  async run(file, { label, kind, radius, least }, task, ending) {
    if (label === undefined) throw new PenumbraError('BAD_REQUEST', 'No --label is given.', { remedy: 'Name the class whose shape is to change.' });
    const step: ClassMorphology = kind === 'fill' ? { kind } : kind === 'remove-small' ? { kind, leastPx: least } : { kind, radiusPx: radius };
    const { width, height, data } = await readLabels(file);
    assertPaletteHolds(file, data, ending);
    // Of any numbers: what is background, the class, or neither decides all.
    const shaped = morphClass({ width, height, data: Uint8Array.from(data, (value) => (value === BACKGROUND ? BACKGROUND : value === label ? CLASS : OTHER)) }, CLASS, step, task).data;
    const labels = data.map((value, pixel) => (shaped[pixel] === CLASS ? label : value === label ? BACKGROUND : value));
    const pixelsOf = (map: Iterable<number>): number => {
      let count = 0;
      for (const value of map) if (value === label) count++;
      return count;
    };
    return { facts: { width, height, pixelsBefore: pixelsOf(data), pixelsAfter: pixelsOf(labels) }, ...labelsResult({ width, height, data: labels }) };
  },
});
