import { badInput } from '../bad-input.ts';
import type { Planes } from '../planes.ts';
import type { ByteRaster } from '../rasters.ts';
import { partOf, type RasterTask } from '../raster-task.ts';
import type { PairAffinities } from './affinities.ts';
import { transitionsOf, walk, type Transitions, type WalkParameters } from './random-walk.ts';

/**
 * RETAB's propagation in two stages (methods/refine.md §5.3). `boundary` is not 0 where a pixel of the grid lies on an object's boundary.
 *
 * Stage 1: pixels off boundaries exchange scores among themselves; boundary pixels keep theirs.
 */
export function walkWithinBoundaries(scores: Planes, affinities: PairAffinities, boundary: ByteRaster, parameters: WalkParameters, task?: RasterTask): Planes {
  const on = boundaryOf(affinities, boundary);
  return walk(scores, transitionsOf(affinities, parameters.beta, partOf(task, 0, 0.1), on), parameters.doublings, partOf(task, 0.1, 1));
}

/** Stage 2: boundary pixels take in what all their neighbours hold; the others keep theirs, so nothing flows out of a boundary into an interior. */
export function walkOntoBoundaries(scores: Planes, affinities: PairAffinities, boundary: ByteRaster, parameters: WalkParameters, task?: RasterTask): Planes {
  const on = boundaryOf(affinities, boundary);
  const transitions = transitionsOf(affinities, parameters.beta, partOf(task, 0, 0.1));
  // Column j is that of the receiver: left as it is on a boundary, one at the diagonal elsewhere.
  const masked: Transitions = {
    ...transitions,
    shares: transitions.shares.map((share, pixel) => (on[pixel] === 0 ? 0 : share)),
    stay: transitions.stay.map((share, pixel) => (on[pixel] === 0 ? 1 : share)),
  };
  return walk(scores, masked, parameters.doublings, partOf(task, 0.1, 1));
}

function boundaryOf({ width, height }: PairAffinities, boundary: ByteRaster): Uint8Array {
  if (boundary.width === width && boundary.height === height && boundary.data.length === width * height) return boundary.data;
  throw badInput('boundary walk', `the boundary is ${boundary.width}×${boundary.height}, the affinities ${width}×${height}`, 'Resize the boundary to the grid of the affinities by nearest.');
}
