import { assertLength, assertSize, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import { boundsOf } from './bounds.ts';
import type { ByteRaster } from '../rasters.ts';
import { askingEveryRun, checkpoint, runsOf, type RasterTask } from '../raster-task.ts';

/** A mask of CVAT 1.1: run lengths row by row within its box, outside and inside in turn, beginning with outside. */
export interface CvatMask {
  readonly rle: readonly number[];
  readonly left: number; // px
  readonly top: number; // px
  readonly width: number; // px
  readonly height: number; // px
}

/** A run may be as short as a pixel; lists grow by half at a time. */
const BYTES_A_RUN = 24;

/** What is not 0 is inside; null for an empty mask, which has no box. BAD_REQUEST for an array of another length than the size. */
export function encodeCvatMask(mask: ByteRaster, task?: RasterTask): CvatMask | null {
  assertLength('CVAT mask', mask.width, mask.height, 1, mask.data.length);
  assertFitsPixels('CVAT mask', mask, BYTES_A_RUN);
  const box = boundsOf(mask);
  if (box === null) {
    checkpoint(task, 1);
    return null;
  }
  const { left, top, width, height } = box;
  const rle: number[] = [];
  let inside = false;
  let run = 0;
  for (const [from, to] of runsOf(height, width, task)) {
    for (let y = top + from; y < top + to; y++) {
      for (let x = left; x < left + width; x++) {
        if ((mask.data[y * mask.width + x] !== 0) !== inside) {
          rle.push(run);
          run = 0;
          inside = !inside;
        }
        run += 1;
      }
    }
  }
  rle.push(run);
  checkpoint(task, 1);
  return { rle, left, top, width, height };
}

/** → 1 inside, 0 outside, at the size of the image. BAD_REQUEST when the runs do not fill the box or the box leaves the image. */
export function decodeCvatMask({ rle, left, top, width, height }: CvatMask, image: { readonly width: number; readonly height: number }, task?: RasterTask): ByteRaster {
  assertSize('CVAT mask', image);
  assertFitsPixels('CVAT mask', image, 1);
  const whole = [left, top, width, height].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || left + width > image.width || top + height > image.height) {
    throw broken(`the box ${width}×${height} at (${left}, ${top}) is not within ${image.width}×${image.height}`);
  }
  const data = new Uint8Array(image.width * image.height);
  let at = 0;
  const ask = askingEveryRun(width * height, task);
  for (const [index, run] of rle.entries()) {
    ask(at);
    if (!Number.isInteger(run) || run < 0 || at + run > width * height) throw broken(`run ${index} is ${run} at pixel ${at} of ${width * height}`);
    if (index % 2 === 1) {
      for (let pixel = at; pixel < at + run; pixel++) data[(top + Math.floor(pixel / width)) * image.width + left + (pixel % width)] = 1;
    }
    at += run;
  }
  if (at !== width * height) throw broken(`the runs cover ${at} pixels; expected ${width * height}`);
  checkpoint(task, 1);
  return { width: image.width, height: image.height, data };
}

function broken(fact: string): Error {
  return badInput('CVAT mask', fact, 'Export the annotations again.');
}
