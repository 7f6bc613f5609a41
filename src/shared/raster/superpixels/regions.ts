import { assertLength, assertWhole, badInput } from '../bad-input.ts';
import { assertFits, assertFitsPixels } from '../memory.ts';
import type { IntRaster, Regions } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';

/** As many regions as pairs of them are whole numbers of float64. */
const MOST_REGIONS = Math.floor(Math.sqrt(Number.MAX_SAFE_INTEGER));

function outside(what: string, { count, width, data }: Regions, pixel: number): Error {
  const place = `x = ${pixel % width}, y = ${Math.floor(pixel / width)}`;
  return badInput(what, `the region at ${place} is ${data[pixel]}; expected 0 to ${count - 1}`, 'Number the regions from 0, and give how many there are.');
}

/**
 * Pairs of regions that share a side of a pixel: first < second, in ascending order, those of pair i at 2 i and 2 i + 1. Memory: 64 bytes a pixel at most,
 * where every pixel is a region of its own. BAD_REQUEST for a region outside 0..count − 1.
 */
export function adjacentRegions(regions: Regions, task?: RasterTask): Int32Array {
  const { count, width, height, data } = regions;
  assertWhole('region adjacency', 'count', count, 0, MOST_REGIONS);
  assertLength('region adjacency', width, height, 1, data.length);
  assertFitsPixels('region adjacency', { width, height }, 64);
  const pairs = new DistinctNumbers();
  for (const [from, to] of runsOf(height, width, task)) {
    for (let y = from, pixel = from * width; y < to; y++) {
      for (let x = 0; x < width; x++, pixel++) {
        const own = data[pixel] ?? 0;
        if (own < 0 || own >= count) throw outside('region adjacency', regions, pixel);
        const right = x + 1 < width ? (data[pixel + 1] ?? 0) : own;
        const below = y + 1 < height ? (data[pixel + width] ?? 0) : own;
        if (right !== own) pairs.add(Math.min(own, right) * count + Math.max(own, right));
        if (below !== own) pairs.add(Math.min(own, below) * count + Math.max(own, below));
      }
    }
  }
  const sorted = pairs.sorted();
  const result = new Int32Array(sorted.length * 2);
  sorted.forEach((pair, index) => {
    result[index * 2] = Math.floor(pair / count);
    result[index * 2 + 1] = pair % count;
  });
  checkpoint(task, 1);
  return result;
}

const ROOM_TO_BEGIN_WITH = 4096;

/** A set of numbers without the limit of 2^24 that JavaScript's has. */
class DistinctNumbers {
  #values = new Float64Array(ROOM_TO_BEGIN_WITH);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) this.#makeRoom();
    this.#values[this.#length++] = value;
  }

  sorted(): Float64Array {
    const values = this.#values.subarray(0, this.#length).sort();
    let kept = 0;
    for (const value of values) if (kept === 0 || values[kept - 1] !== value) values[kept++] = value;
    this.#length = kept;
    return values.subarray(0, kept);
  }

  /** Once those that occur twice are gone, at least half of it is free. */
  #makeRoom(): void {
    const kept = this.sorted();
    if (kept.length <= this.#values.length / 2) return;
    const larger = new Float64Array(this.#values.length * 2);
    larger.set(kept);
    this.#values = larger;
  }
}

/** Its label, and how often that occurs. */
const BYTES_A_REGION = 4 + 8;

/** Every pixel gets the label that most pixels of its region have; of equally frequent ones the smallest. Labels are whole numbers from 0. → [H * W]. BAD_REQUEST for a region outside 0..count − 1. */
export function majorityVote(regions: Regions, labels: IntRaster, task?: RasterTask): Int32Array {
  if (labels.width !== regions.width || labels.height !== regions.height) {
    throw badInput('majority vote', `the labels are ${labels.width}×${labels.height} px, the regions ${regions.width}×${regions.height}`, 'Give labels of the same size as the regions.');
  }
  if (labels.data.length !== regions.data.length) {
    throw badInput('majority vote', `${labels.data.length} labels for ${regions.data.length} pixels`, 'Give labels of the same size as the regions.');
  }
  assertLength('majority vote', regions.width, regions.height, 1, regions.data.length);
  assertWhole('majority vote', 'count', regions.count, 0, MOST_REGIONS);
  assertFits('majority vote', `${regions.count} regions`, regions.count * BYTES_A_REGION, 'Number the regions without gaps.');
  let most = 0;
  for (const [from, to] of runsOf(labels.data.length, 1, partOf(task, 0, 0.125))) {
    for (let pixel = from; pixel < to; pixel++) {
      const label = labels.data[pixel] ?? 0;
      if (label < 0) throw badInput('majority vote', `a label is ${label}; expected 0 or more`, 'Number the labels from 0.');
      if (label > most) most = label;
    }
  }
  const labelCount = most + 1;
  if (regions.count * labelCount > Number.MAX_SAFE_INTEGER) {
    throw badInput('majority vote', `${regions.count} regions with labels to ${most} are more pairs than can be counted; expected at most 2^53`, 'Number regions and labels without gaps.');
  }
  const votes = new Map<number, number>(); // few of all pairs of region and label occur
  for (const [from, to] of runsOf(regions.data.length, 1, partOf(task, 0.125, 0.875))) {
    for (let pixel = from; pixel < to; pixel++) {
      const region = regions.data[pixel] ?? 0;
      if (region < 0 || region >= regions.count) throw outside('majority vote', regions, pixel);
      const key = region * labelCount + (labels.data[pixel] ?? 0);
      votes.set(key, (votes.get(key) ?? 0) + 1);
    }
  }
  const winner = new Int32Array(regions.count);
  const best = new Float64Array(regions.count);
  for (const [key, count] of votes) {
    const region = Math.floor(key / labelCount);
    const label = key % labelCount;
    const leading = best[region] ?? 0;
    if (count < leading || (count === leading && label > (winner[region] ?? 0))) continue;
    best[region] = count;
    winner[region] = label;
  }
  const data = new Int32Array(regions.data.length);
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.875, 1))) {
    for (let pixel = from; pixel < to; pixel++) data[pixel] = winner[regions.data[pixel] ?? 0] ?? 0;
  }
  checkpoint(task, 1);
  return data;
}
