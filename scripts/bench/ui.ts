import { parseArgs } from 'node:util';
import { maskEditor } from './editor-measures.ts';
import { imageGrid } from './grid-measures.ts';
import type { Measured } from './method-measures.ts';
import { nextImage } from './next-measures.ts';
import { printTable } from './table.ts';

/** Each measures the built page alone and can be run alone. */
const MEASURES: Readonly<Record<string, () => Promise<Measured>>> = {
  'image-grid': imageGrid,
  'mask-editor': maskEditor,
  'next-image': nextImage,
};

const { values } = parseArgs({ options: { only: { type: 'string' } } });
for (const name of values.only?.split(',') ?? Object.keys(MEASURES)) {
  const measure = MEASURES[name];
  if (measure === undefined) throw new Error(`--only: there is no measure "${name}"; there are ${Object.keys(MEASURES).join(', ')}`);
  console.log(`${name} …`);
  // At once, so that what was measured stays when a later measure is broken off.
  printTable({ [name]: await measure() });
}
