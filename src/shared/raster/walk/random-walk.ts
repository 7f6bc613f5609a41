import { assertPositive, assertWhole, badInput } from '../bad-input.ts';
import { assertFits } from '../memory.ts';
import { assertPlanes, type Planes, type Size } from '../planes.ts';
import { checkpoint, partOf, type RasterTask } from '../raster-task.ts';
import type { PairAffinities } from './affinities.ts';
import { pairOffsets } from './pair-offsets.ts';

export interface WalkParameters {
  /** Affinities are raised to this power before the columns are made to sum to 1. */
  readonly beta: number;
  /** 2^k steps are walked. */
  readonly doublings: number;
}

/**
 * Where a step from a pixel leads. T[i, j], the share of pixel i that goes to j, is its affinity to the power of β times a share of the receiver's:
 * held by offset, nothing of N × N.
 */
export interface Transitions {
  readonly width: number;
  readonly height: number;
  /** Columns of pixels apart, as one number: j = i + steps[o]. */
  readonly steps: Int32Array;
  /** powers[o][i]: of pixel i and i + steps[o]. T[i, j] = powers[o][i] · shares[j], T[j, i] = powers[o][i] · shares[i]. */
  readonly powers: readonly Float64Array[];
  readonly shares: Float64Array;
  readonly stay: Float64Array; // T[i, i]
}

/**
 * Random walk of scores (methods/refine.md §0.3): X ← X · T^(2^k), T = A^β with columns divided by their sums, as 2^k sparse products. `scores`
 * [K, H, W] on the grid of the affinities → [K, H, W]. Memory: 12 bytes for each pixel and offset, the affinities included; powers in float64, as
 * 256 steps in float32 would be off by up to 1e-5. See `assertWalkFits`.
 */
export function randomWalk(scores: Planes, affinities: PairAffinities, parameters: WalkParameters, task?: RasterTask): Planes {
  const transitions = transitionsOf(affinities, parameters.beta, partOf(task, 0, 0.1));
  return walk(scores, transitions, parameters.doublings, partOf(task, 0.1, 1));
}

/**
 * Throws BAD_REQUEST when a walk over pairs within `radius` would take more memory than is allowed: 12 bytes a pixel and offset, 8
 * a pixel and plane. To be asked before affinities are made.
 */
export function assertWalkFits({ width, height }: Size, radius: number, planes: number): void {
  assertFits(
    'random walk',
    `${width}×${height} px with radius ${radius} and ${planes} planes`,
    width * height * (pairOffsets(radius).length * BYTES_A_PAIR + planes * BYTES_A_PLANE + BYTES_A_PIXEL),
    'Take a smaller grid, as "penumbra tool resize" makes one, or a smaller radius.',
  );
}

/** Affinity and power. */
const BYTES_A_PAIR = 4 + 8;
/** Before and after. */
const BYTES_A_PLANE = 4 + 4;
/** Shares, and the plane that is walked, twice. */
const BYTES_A_PIXEL = 4 * 8;

/** Column-normalised transitions of symmetric affinities, the diagonal being 1. Pairs with a pixel that is not 0 in `apart` count as without affinity. */
export function transitionsOf({ width, height, offsets, values }: PairAffinities, beta: number, task?: RasterTask, apart?: Uint8Array): Transitions {
  assertPositive('random walk', 'beta', beta);
  assertFits('random walk', `${width}×${height} px with ${offsets.length} offsets`, width * height * offsets.length * BYTES_A_PAIR, 'Take a smaller grid or a smaller radius.');
  const steps = Int32Array.from(offsets, ({ dy, dx }) => dy * width + dx);
  const sums = new Float64Array(width * height).fill(1);
  const powers = values.map((each, index) => {
    checkpoint(task, index / values.length);
    const step = steps[index] ?? 0;
    const power = new Float64Array(each.length);
    for (let pixel = 0; pixel < each.length - step; pixel++) {
      const affinity = each[pixel] ?? 0;
      if (affinity === 0 || (apart !== undefined && (apart[pixel] !== 0 || apart[pixel + step] !== 0))) continue;
      const value = Math.pow(affinity, beta);
      power[pixel] = value;
      sums[pixel] = (sums[pixel] ?? 0) + value;
      sums[pixel + step] = (sums[pixel + step] ?? 0) + value;
    }
    return power;
  });
  const shares = sums.map((sum) => 1 / sum);
  return { width, height, steps, powers, shares, stay: shares };
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

function walkPlane(plane: Float32Array, { steps, powers, shares, stay }: Transitions, times: number, task: RasterTask | undefined): Float64Array {
  let from = Float64Array.from(plane);
  let to = new Float64Array(plane.length);
  for (let time = 0; time < times; time++) {
    to.fill(0);
    for (const [index, power] of powers.entries()) {
      addStep(from, to, steps[index] ?? 0, power);
      // A step over a large grid takes seconds.
      checkpoint(task, (time + (index + 1) / (powers.length + 1)) / times);
    }
    for (let pixel = 0; pixel < to.length; pixel++) to[pixel] = (to[pixel] ?? 0) * (shares[pixel] ?? 0) + (from[pixel] ?? 0) * (stay[pixel] ?? 0);
    [from, to] = [to, from];
    checkpoint(task, (time + 1) / times);
  }
  return from;
}

function addStep(from: Float64Array, to: Float64Array, step: number, power: Float64Array): void {
  // Some offsets of the last rows lead outside; their affinities are 0 and beyond the end is never read.
  const end = from.length - step;
  for (let pixel = 0; pixel < end; pixel++) {
    const value = power[pixel] ?? 0;
    const other = pixel + step;
    to[other] = (to[other] ?? 0) + (from[pixel] ?? 0) * value;
    to[pixel] = (to[pixel] ?? 0) + (from[other] ?? 0) * value;
  }
}
