import { badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import { squaredDistance } from '../morphology/distance-transform.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { boundaryMap } from './boundary-map.ts';

export interface BoundaryScore {
  readonly precision: number;
  readonly recall: number;
  readonly f: number;
}

/**
 * DAVIS' boundary measure F of a mask against the truth: a boundary pixel is right within `tolerance` of the image's diagonal, rounded up to px.
 * Two empty boundaries score 1, one empty one 0. What is not 0 in a mask is inside.
 */
export function boundaryF(mask: ByteRaster, truth: ByteRaster, tolerance = 0.008, task?: RasterTask): BoundaryScore {
  if (mask.width !== truth.width || mask.height !== truth.height) {
    throw badInput('boundary F', `the mask is ${mask.width}×${mask.height} px, the truth ${truth.width}×${truth.height}`, 'Compare masks of one size.');
  }
  if (!(tolerance >= 0)) throw badInput('boundary F', `tolerance is ${tolerance}; expected a number from 0`, 'Give tolerance a value from 0.');
  assertFitsPixels('boundary F', mask, 11);
  const radiusPx = tolerance >= 1 ? tolerance : Math.ceil(tolerance * Math.hypot(mask.width, mask.height));
  const own = boundaryMap(binary(mask), partOf(task, 0, 0.125));
  const right = boundaryMap(binary(truth), partOf(task, 0.125, 0.25));
  const ownCount = count(own);
  const rightCount = count(right);
  if (ownCount === 0 || rightCount === 0) {
    checkpoint(task, 1);
    const value = ownCount === rightCount ? 1 : 0;
    return { precision: ownCount === 0 ? 1 : 0, recall: rightCount === 0 ? 1 : 0, f: value };
  }
  const precision = countWithin(own, right, radiusPx, partOf(task, 0.25, 0.625)) / ownCount;
  const recall = countWithin(right, own, radiusPx, partOf(task, 0.625, 1)) / rightCount;
  return { precision, recall, f: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

function binary(mask: ByteRaster): ByteRaster {
  const data = new Uint8Array(mask.data.length);
  for (let pixel = 0; pixel < data.length; pixel++) data[pixel] = mask.data[pixel] === 0 ? 0 : 1;
  return { ...mask, data };
}

function count({ data }: ByteRaster): number {
  let sum = 0;
  for (let pixel = 0; pixel < data.length; pixel++) sum += data[pixel] ?? 0;
  return sum;
}

/** How many pixels of `points` lie within `radiusPx` of one of `others`. */
function countWithin(points: ByteRaster, others: ByteRaster, radiusPx: number, task: RasterTask | undefined): number {
  const outside = new Uint8Array(others.data.length);
  for (let pixel = 0; pixel < outside.length; pixel++) outside[pixel] = 1 - (others.data[pixel] ?? 0);
  const distance = squaredDistance({ ...others, data: outside }, partOf(task, 0, 0.875));
  const limit = radiusPx * radiusPx;
  let within = 0;
  for (const [from, to] of runsOf(distance.length, 1, partOf(task, 0.875, 1))) {
    for (let pixel = from; pixel < to; pixel++) if (points.data[pixel] === 1 && (distance[pixel] ?? Infinity) <= limit) within += 1;
  }
  checkpoint(task, 1);
  return within;
}
