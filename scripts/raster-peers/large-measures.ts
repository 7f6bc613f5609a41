import * as z from 'zod';
import type { Measured } from '../bench/method-measures.ts';
import { askNode, Bytes, Seconds } from './peers.ts';

const PIXELS = 4000 * 3000;
/** Large arrays go back to the system once they are let go, so that what is taken anew is counted. */
const ENV = { ...process.env, MALLOC_MMAP_THRESHOLD_: '65536' };

/** Time and memory of what takes too long on 12 megapixels for a test, each in a process of its own; throws where a result is wrong. */
export async function largePhotos(): Promise<Measured> {
  const rows: Measured[number][] = [];
  for (const name of await askNode('large-once.ts', [], z.array(z.string()))) {
    const { seconds, bytes, longestMs } = await askNode('large-once.ts', [name], Seconds.extend({ ...Bytes.shape, longestMs: z.number() }), ENV);
    rows.push({ figure: `4,000 × 3,000 px, ${name}`, value: seconds, unit: `s of the processor, ${Math.round(bytes / PIXELS)} bytes a pixel, asks every ${Math.ceil(longestMs)} ms at most` });
  }
  return rows;
}
