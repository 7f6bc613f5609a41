import { assertWhole, badInput } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { labelComponents } from '../components/label-components.ts';
import { squaredDistance } from './distance-transform.ts';

/**
 * Morphology of masks with a disc of radius r: all (x, y) with x² + y² ≤ r², any r ≥ 0. What lies outside the image neither erodes nor dilates.
 * Results are 0 or 1. BAD_REQUEST for a radius that is below 0 or not finite. Each takes time in the number of pixels, whatever the radius.
 */

/** 1 where the disc about a pixel meets the mask. */
export function dilate(mask: ByteRaster, radiusPx: number, task?: RasterTask): ByteRaster {
  assertRadius(radiusPx);
  const outside = inverse(mask, partOf(task, 0, 0.125));
  const data = withinRadius(squaredDistance(outside, partOf(task, 0.125, 0.875)), radiusPx, [1, 0], partOf(task, 0.875, 1));
  checkpoint(task, 1);
  return { ...mask, data };
}

/** 1 where the disc about a pixel, as far as it lies in the image, is inside the mask. */
export function erode(mask: ByteRaster, radiusPx: number, task?: RasterTask): ByteRaster {
  assertRadius(radiusPx);
  const data = withinRadius(squaredDistance(mask, partOf(task, 0, 0.875)), radiusPx, [0, 1], partOf(task, 0.875, 1));
  checkpoint(task, 1);
  return { ...mask, data };
}

export function open(mask: ByteRaster, radiusPx: number, task?: RasterTask): ByteRaster {
  return dilate(erode(mask, radiusPx, partOf(task, 0, 0.5)), radiusPx, partOf(task, 0.5, 1));
}

export function close(mask: ByteRaster, radiusPx: number, task?: RasterTask): ByteRaster {
  return erode(dilate(mask, radiusPx, partOf(task, 0, 0.5)), radiusPx, partOf(task, 0.5, 1));
}

/** The mask with all that it encloses: pixels outside it from which no 4-connected way leads to the image's edge. */
export function fillHoles(mask: ByteRaster, task?: RasterTask): ByteRaster {
  const { width, height } = mask;
  const outside = inverse(mask, partOf(task, 0, 0.125));
  const components = labelComponents(outside, 4, partOf(task, 0.125, 0.875));
  const reached = new Uint8Array(components.count);
  const mark = (pixel: number): void => {
    reached[components.data[pixel] ?? 0] = 1;
  };
  for (let x = 0; x < width && height > 0; x++) {
    mark(x);
    mark((height - 1) * width + x);
  }
  for (let y = 0; y < height && width > 0; y++) {
    mark(y * width);
    mark(y * width + width - 1);
  }
  const data = new Uint8Array(outside.data.length);
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.875, 1))) {
    for (let pixel = from; pixel < to; pixel++) data[pixel] = outside.data[pixel] === 1 && reached[components.data[pixel] ?? 0] === 1 ? 0 : 1;
  }
  checkpoint(task, 1);
  return { ...mask, data };
}

/** The mask without its components of fewer than `leastPx` pixels. */
export function removeSmall(mask: ByteRaster, leastPx: number, connectivity: 4 | 8, task?: RasterTask): ByteRaster {
  assertWhole('morphology', 'least', leastPx, 0, 2 ** 31 - 1);
  const outside = inverse(mask, partOf(task, 0, 0.125));
  const components = labelComponents(outside, connectivity, partOf(task, 0.125, 0.875));
  const data = new Uint8Array(outside.data.length);
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.875, 1))) {
    for (let pixel = from; pixel < to; pixel++) data[pixel] = outside.data[pixel] === 0 && (components.sizes[components.data[pixel] ?? 0] ?? 0) >= leastPx ? 1 : 0;
  }
  checkpoint(task, 1);
  return { ...mask, data };
}

function assertRadius(radiusPx: number): void {
  if (Number.isFinite(radiusPx) && radiusPx >= 0) return;
  throw badInput('morphology', `radius is ${radiusPx}; expected a number from 0`, 'Give radius a value from 0, in px.');
}

/** `near` where the distance is at most the radius, `far` elsewhere. */
function withinRadius(squaredDistances: Float64Array, radiusPx: number, [near, far]: readonly [number, number], task: RasterTask | undefined): Uint8Array {
  const limit = radiusPx * radiusPx;
  const data = new Uint8Array(squaredDistances.length);
  for (const [from, to] of runsOf(data.length, 1, task)) {
    for (let at = from; at < to; at++) data[at] = (squaredDistances[at] ?? 0) <= limit ? near : far;
  }
  return data;
}

/** 1 where the mask is 0, 0 elsewhere. */
function inverse(mask: ByteRaster, task: RasterTask | undefined): ByteRaster {
  const data = new Uint8Array(mask.data.length);
  for (const [from, to] of runsOf(data.length, 1, task)) {
    for (let at = from; at < to; at++) data[at] = mask.data[at] === 0 ? 1 : 0;
  }
  return { ...mask, data };
}
