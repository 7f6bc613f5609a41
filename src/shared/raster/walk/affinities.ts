import { assertOneOf, badInput } from '../bad-input.ts';
import { assertFits } from '../memory.ts';
import { assertPlanes, type Planes } from '../planes.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { pairOffsets, type Offset } from './pair-offsets.ts';

/** Affinities of the pairs of near pixels of a grid: 1 = surely alike, 0 = not at all, or no pair. */
export interface PairAffinities {
  readonly width: number; // px
  readonly height: number; // px
  readonly offsets: readonly Offset[];
  /** values[o][i]: of pixel i and the one that lies offsets[o] from it; 0 where that is outside. */
  readonly values: readonly Float32Array[]; // each [height * width]
}

/**
 * Which pixels begin pairs. 'all': every pair within the grid, as IRN has it after padding. 'inner': as PSA and RETAB, only rows
 * 0..H − f − 1 and columns f..W − f − 1 with f = radius − 1, so that pairs near the right, left and lower edge are missing.
 */
export type PairSources = 'all' | 'inner';

/** 1 − the largest edge on the way from one pixel to the other, both included; IRN's path rule (methods/refine.md §2). `edges` in 0..1, [1, H, W]; BAD_REQUEST for others. */
export function edgeAffinities(edges: Planes, radius: number, sources: PairSources = 'all', task?: RasterTask): PairAffinities {
  assertPlanes(edges);
  const { width, count, data } = edges;
  if (count !== 1) throw badInput('edge affinities', `the edges are ${count} planes; expected one`, 'Give edges as [1, H, W]; several planes are features.');
  assertPairsFit(edges, radius);
  const wrong = data.findIndex((edge) => !(edge >= 0 && edge <= 1));
  if (wrong !== -1) {
    throw badInput('edge affinities', `edge ${wrong} is ${data[wrong]}; expected a number from 0 to 1`, 'Take --affinity features for features, or scale the edges to 0..1.');
  }
  return pairsOf(edges, radius, sources, task, (offset) => {
    const path = pathPoints(offset).map(({ dy, dx }) => dy * width + dx);
    return (pixel) => {
      let largest = 0;
      for (const step of path) {
        const edge = data[pixel + step] ?? 0;
        if (edge > largest) largest = edge;
      }
      return 1 - largest;
    };
  });
}

/** exp(−mean_c |f_i − f_j|) of features [C, H, W]; AffinityNet's rule (methods/refine.md §1). BAD_REQUEST for features that are not finite, and for none. */
export function featureAffinities(features: Planes, radius: number, sources: PairSources = 'inner', task?: RasterTask): PairAffinities {
  assertPlanes(features);
  assertPairsFit(features, radius);
  const { width, height, count, data } = features;
  if (count === 0) throw badInput('feature affinities', 'the features are 0 planes; expected at least one', 'Give features as [C, H, W].');
  const wrong = data.findIndex((feature) => !Number.isFinite(feature));
  if (wrong !== -1) throw badInput('feature affinities', `feature ${wrong} is ${data[wrong]}; expected a finite number`, 'Replace what is not finite first, as with numpy.nan_to_num.');
  const pixels = width * height;
  return pairsOf(features, radius, sources, task, ({ dy, dx }) => {
    const step = dy * width + dx;
    return (pixel) => {
      let sum = 0;
      for (let at = pixel; at < count * pixels; at += pixels) sum += Math.abs((data[at] ?? 0) - (data[at + step] ?? 0));
      return Math.exp(-sum / count);
    };
  });
}

/**
 * Points of the way from (0, 0) to `offset`, both included: all whole points of the box between them whose squared distance to the line is below 1
 * px².
 */
export function pathPoints({ dy, dx }: Offset): Offset[] {
  const points: Offset[] = [];
  const length = dy * dy + dx * dx;
  for (let y = Math.min(0, dy); y <= Math.max(0, dy); y++) {
    for (let x = Math.min(0, dx); x <= Math.max(0, dx); x++) {
      if ((dy * x - dx * y) ** 2 < length) points.push({ dy: y, dx: x });
    }
  }
  return points;
}

function assertPairsFit({ width, height }: Planes, radius: number): void {
  const bytes = width * height * pairOffsets(radius).length * Float32Array.BYTES_PER_ELEMENT;
  assertFits('affinities', `${width}×${height} px with radius ${radius}`, bytes, 'Take a smaller grid or a smaller radius.');
}

function pairsOf({ width, height, count }: Planes, radius: number, sources: PairSources, task: RasterTask | undefined, affinityOf: (offset: Offset) => (pixel: number) => number): PairAffinities {
  assertOneOf('affinities', 'sources', sources, ['all', 'inner']);
  const offsets = pairOffsets(radius);
  const margin = sources === 'inner' ? radius - 1 : 0;
  const values = offsets.map((offset, index) => {
    const result = new Float32Array(width * height);
    const affinity = affinityOf(offset);
    const yEnd = Math.min(height - margin, height - offset.dy);
    const xEnd = Math.min(width - margin, width - offset.dx);
    for (const [from, to] of runsOf(yEnd, width * count, partOf(task, index / offsets.length, (index + 1) / offsets.length))) {
      for (let y = from; y < to; y++) for (let x = Math.max(margin, -offset.dx); x < xEnd; x++) result[y * width + x] = affinity(y * width + x);
    }
    return result;
  });
  checkpoint(task, 1);
  return { width, height, offsets, values };
}
