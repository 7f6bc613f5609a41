import { assertLength, assertSize, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster } from '../rasters.ts';
import { askingEveryRun, checkpoint, runsOf, type RasterTask } from '../raster-task.ts';

/** COCO's run lengths: column after column, outside and inside in turn, beginning with outside. */
export interface CocoRle {
  /** Height and width, px. */
  readonly size: readonly [number, number];
  readonly counts: readonly number[];
}

/** A run may be as short as a pixel; lists grow by half at a time. */
const BYTES_A_RUN = 24;

/** What is not 0 is inside. BAD_REQUEST for an array of another length than the size. */
export function encodeCocoRle({ width, height, data }: ByteRaster, task?: RasterTask): CocoRle {
  assertLength('COCO RLE', width, height, 1, data.length);
  assertFitsPixels('COCO RLE', { width, height }, BYTES_A_RUN);
  const counts: number[] = [];
  let inside = false;
  let run = 0;
  for (const [from, to] of runsOf(width, height, task)) {
    for (let x = from; x < to; x++) {
      for (let y = 0; y < height; y++) {
        if ((data[y * width + x] !== 0) !== inside) {
          counts.push(run);
          run = 0;
          inside = !inside;
        }
        run += 1;
      }
    }
  }
  counts.push(run);
  checkpoint(task, 1);
  return { size: [height, width], counts };
}

/** → 1 inside, 0 outside. BAD_REQUEST when the runs do not cover the size exactly, or the size is none. */
export function decodeCocoRle({ size: [height, width], counts }: CocoRle, task?: RasterTask): ByteRaster {
  assertSize('COCO RLE', { width, height });
  assertFitsPixels('COCO RLE', { width, height }, 1);
  const data = new Uint8Array(width * height);
  let at = 0;
  const ask = askingEveryRun(data.length, task);
  for (const [index, run] of counts.entries()) {
    ask(at);
    if (!Number.isInteger(run) || run < 0 || at + run > data.length) throw broken(`run ${index} is ${run} at pixel ${at} of ${data.length}`);
    if (index % 2 === 1) for (let pixel = at; pixel < at + run; pixel++) data[(pixel % height) * width + Math.floor(pixel / height)] = 1;
    at += run;
  }
  if (at !== data.length) throw broken(`the runs cover ${at} pixels; expected ${data.length}`);
  checkpoint(task, 1);
  return { width, height, data };
}

/** The string that pycocotools writes for the counts: differences to the run before the last, five bits a character. BAD_REQUEST for counts that are none. */
export function cocoCountsToString(counts: readonly number[]): string {
  let text = '';
  for (const [index, count] of counts.entries()) {
    if (!(Number.isInteger(count) && count >= 0 && count < 2 ** 31)) throw broken(`run ${index} is ${count}; expected a whole number from 0 to ${2 ** 31 - 1}`);
    let rest = index > 2 ? count - (counts[index - 2] ?? 0) : count;
    for (;;) {
      const bits = rest & 0x1f;
      rest >>= 5;
      const more = (bits & 0x10) === 0 ? rest !== 0 : rest !== -1;
      text += String.fromCharCode(48 + bits + (more ? 0x20 : 0));
      if (!more) break;
    }
  }
  return text;
}

/** The inverse of `cocoCountsToString`. BAD_REQUEST for a string that is none. */
export function cocoCountsFromString(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    for (;;) {
      const code = text.charCodeAt(at) - 48;
      if (!(code >= 0 && code < 64) || shift > 30) throw broken(`character ${at} of the counts is ${JSON.stringify(text[at] ?? 'the end')}`);
      at += 1;
      value |= (code & 0x1f) << shift;
      shift += 5;
      if ((code & 0x20) !== 0) continue;
      if ((code & 0x10) !== 0 && shift < 32) value |= -1 << shift;
      break;
    }
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] ?? 0) : value);
  }
  return counts;
}

function broken(fact: string): Error {
  return badInput('COCO RLE', fact, 'Export the masks again, or look whether size and counts belong together.');
}
