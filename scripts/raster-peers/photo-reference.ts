import path from 'node:path';
import * as z from 'zod';
import { askPython } from './peers.ts';
import { RasterReference } from './reference.ts';
import { VOC, WORK } from './voc-photos.ts';

const Report = z.object({ seconds: z.record(z.string(), z.number()) });

/** Changes whenever reference.py makes something else, so that what an older one made is not compared. */
const REFERENCE_FORM = 2;

/** Where what the peers make of a photo is kept. */
export function referenceFile(name: string): string {
  return path.join(WORK, `${name}.${REFERENCE_FORM}.npz`);
}

/** Lets the peers work on a photo, each `repeats` times: their results, and the least processor seconds of each. */
export async function makeReference(python: string, name: string, repeats: number): Promise<{ reference: RasterReference; seconds: Readonly<Record<string, number>> }> {
  const args = [path.join(VOC, 'JPEGImages', `${name}.jpg`), path.join(VOC, 'SegmentationClass', `${name}.png`), referenceFile(name), String(repeats)];
  const { seconds } = await askPython(python, 'reference.py', args, Report);
  return { reference: new RasterReference(referenceFile(name)), seconds };
}
