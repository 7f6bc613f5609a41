import { assertPositive, assertWhole, badInput } from '../bad-input.ts';
import { assertPlanes, type Planes } from '../planes.ts';
import { checkpoint, partOf, type RasterTask } from '../raster-task.ts';
import type { PairAffinities } from './affinities.ts';

export interface WalkParameters {
  /** Affinities are raised to this power before the columns are made to sum to 1. */
  readonly beta: number;
  /** 2^k steps are walked. */
  readonly doublings: number;
}

/** Where a step from a pixel leads. T[i, j], the share of pixel i that goes to j, is held by offset: nothing of N × N. */
export interface Transitions {
  readonly width: number;
  readonly height: number;
  /** Columns of pixels apart, as one number: j = i + steps[o]. */
  readonly steps: Int32Array;
  /** forth[o][i] = T[i, i + steps[o]]. */
  readonly forth: readonly Float64Array[];
  /** back[o][i] = T[i + steps[o], i]. */
  readonly back: readonly Float64Array[];
  readonly stay: Float64Array; // T[i, i]
}

/**
 * Random walk of scores (methods/refine.md §0.3): X ← X · T^(2^k), T = A^β with columns divided by their sums, as 2^k sparse products. `scores`
 * [K, H, W] on the grid of the affinities → [K, H, W]. Memory: 28 bytes for each pixel and offset,
 * in float64: 256 steps in float32 would be off by up to 1e-5.
 */
export function randomWalk(scores: Planes, affinities: PairAffinities, parameters: WalkParameters, task?: RasterTask): Planes {
  const transitions = transitionsOf(affinities, parameters.beta, partOf(task, 0, 0.1));
  return walk(scores, transitions, parameters.doublings, partOf(task, 0.1, 1));
}

/** Column-normalised transitions of symmetric affinities, the diagonal being 1. */
export function transitionsOf({ width, height, offsets, values }: PairAffinities, beta: number, task?: RasterTask): Transitions {
  assertPositive('random walk', 'beta', beta);
  const powers = values.map((each, index) => {
    checkpoint(task, index / values.length);
    return Float64Array.from(each, (affinity) => Math.pow(affinity, beta));
  });
  const sums = new Float64Array(width * height).fill(1);
  const steps = Int32Array.from(offsets, ({ dy, dx }) => dy * width + dx);
  for (const [index, power] of powers.entries()) {
    const step = steps[index] ?? 0;
    for (let pixel = 0; pixel < power.length - step; pixel++) {
      const value = power[pixel] ?? 0;
      if (value === 0) continue;
      sums[pixel] = (sums[pixel] ?? 0) + value;
      sums[pixel + step] = (sums[pixel + step] ?? 0) + value;
    }
  }
  return {
    width,
    height,
    steps,
    forth: powers.map((power, index) => power.map((value, pixel) => (value === 0 ? 0 : value / (sums[pixel + (steps[index] ?? 0)] ?? 1)))),
    back: powers.map((power) => power.map((value, pixel) => value / (sums[pixel] ?? 1))),
    stay: sums.map((sum) => 1 / sum),
  };
}

/** X · T^(2^doublings). Throws BAD_REQUEST for scores of another size or that are no finite numbers; RUN_CANCELLED. */
export function walk(scores: Planes, transitions: Transitions, doublings: number, task?: RasterTask): Planes {
  assertPlanes(scores);
  assertWhole('random walk', 'doublings', doublings, 0, 20);
  const { width, height, count } = scores;
  if (width !== transitions.width || height !== transitions.height) {
    throw badInput('random walk', `scores are ${width}×${height}, affinities ${transitions.width}×${transitions.height}`, 'Resize the scores to the grid of the affinities first.');
  }
  const wrong = scores.data.findIndex((value) => !Number.isFinite(value));
  if (wrong !== -1) throw badInput('random walk', `score ${wrong} is ${scores.data[wrong] ?? ''}; expected a finite number`, 'Look where the scores come from.');
  const pixels = width * height;
  const data = new Float32Array(scores.data.length);
  for (let plane = 0; plane < count; plane++) {
    const own = scores.data.subarray(plane * pixels, (plane + 1) * pixels);
    data.set(walkPlane(own, transitions, 2 ** doublings, partOf(task, plane / count, (plane + 1) / count)), plane * pixels);
  }
  checkpoint(task, 1);
  return { count, width, height, data };
}

function walkPlane(plane: Float32Array, { steps, forth, back, stay }: Transitions, times: number, task: RasterTask | undefined): Float64Array {
  let from = Float64Array.from(plane);
  let to = new Float64Array(plane.length);
  for (let time = 0; time < times; time++) {
    for (let pixel = 0; pixel < to.length; pixel++) to[pixel] = (from[pixel] ?? 0) * (stay[pixel] ?? 0);
    for (let index = 0; index < steps.length; index++) addStep(from, to, steps[index] ?? 0, forth[index] ?? stay, back[index] ?? stay);
    [from, to] = [to, from];
    checkpoint(task, (time + 1) / times);
  }
  return from;
}

function addStep(from: Float64Array, to: Float64Array, step: number, forth: Float64Array, back: Float64Array): void {
  // Some offsets of the last rows lead outside; their transitions are 0 and beyond the end is never read.
  const end = from.length - step;
  for (let pixel = 0; pixel < end; pixel++) {
    const other = pixel + step;
    to[other] = (to[other] ?? 0) + (from[pixel] ?? 0) * (forth[pixel] ?? 0);
    to[pixel] = (to[pixel] ?? 0) + (from[other] ?? 0) * (back[pixel] ?? 0);
  }
}
