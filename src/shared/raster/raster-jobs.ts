import type { LabelMap } from '../mask/label-map.ts';
import { boundaryMap } from './boundary/boundary-map.ts';
import { greyOf } from './colour/grey.ts';
import { externalContours, largestContour } from './components/contour.ts';
import { labelComponents } from './components/label-components.ts';
import { denseCrf } from './crf/dense-crf.ts';
import type { CrfParameters } from './crf/crf-rows.ts';
import { canny, type CannyParameters } from './filter/canny.ts';
import { wholeImage } from './image-region.ts';
import { morphClass, type ClassMorphology } from './morphology/by-class.ts';
import { squaredDistance } from './morphology/distance-transform.ts';
import type { Planes, Size } from './planes.ts';
import type { ByteRaster, IntRaster, RgbRaster } from './rasters.ts';
import type { RasterTask } from './raster-task.ts';
import { resizeLikePil, type PilFilter } from './resize/pil.ts';
import { liveWireCosts, liveWireMap } from './select/live-wire.ts';
import { magicWand, type WandParameters } from './select/magic-wand.ts';
import { quickshift, type QuickshiftParameters } from './superpixels/quickshift.ts';
import { slic, type SlicParameters } from './superpixels/slic.ts';
import { edgeAffinities, featureAffinities, type PairSources } from './walk/affinities.ts';
import { randomWalk, type WalkParameters } from './walk/random-walk.ts';

interface Point {
  readonly x: number; // px
  readonly y: number; // px
}

/** What a thread of a RasterPool can do: the primitives, each with one object as input, so that it can be sent. Results are those of the primitives. */
export const RASTER_JOBS = {
  crf: ({ image, unary, parameters }: { image: RgbRaster; unary: Planes; parameters: CrfParameters }, task?: RasterTask) => denseCrf(wholeImage(image), unary, parameters, task),
  slic: ({ image, parameters }: { image: RgbRaster; parameters: SlicParameters }, task?: RasterTask) => slic(image, parameters, task),
  quickshift: ({ image, parameters, noise }: { image: RgbRaster; parameters: QuickshiftParameters; noise: Float32Array }, task?: RasterTask) => quickshift(image, parameters, noise, task),
  canny: ({ image, parameters }: { image: RgbRaster; parameters: CannyParameters }, task?: RasterTask) => canny(greyOf(image), parameters, task),
  components: ({ labels, connectivity }: { labels: IntRaster; connectivity: 4 | 8 }, task?: RasterTask) => labelComponents(labels, connectivity, task),
  contour: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => largestContour(externalContours(mask, { simple: true }, task)),
  boundary: ({ labels }: { labels: IntRaster }, task?: RasterTask) => boundaryMap(labels, task),
  distance: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => squaredDistance(mask, task),
  morph: ({ map, label, step }: { map: LabelMap; label: number; step: ClassMorphology }, task?: RasterTask) => morphClass(map, label, step, task),
  resize: ({ image, size, filter }: { image: RgbRaster; size: Size; filter: PilFilter }, task?: RasterTask) => resizeLikePil(image, 3, size, filter, task),
  /** `guide`: edges [1, H, W] or features [C, H, W]. */
  walk: (
    { scores, guide, by, radius, sources, parameters }: { scores: Planes; guide: Planes; by: 'edges' | 'features'; radius: number; sources?: PairSources; parameters: WalkParameters },
    task?: RasterTask,
  ) => randomWalk(scores, (by === 'edges' ? edgeAffinities : featureAffinities)(guide, radius, sources), parameters, task),
  /** The map from which `liveWirePath` reads the way to any pixel. */
  liveWire: ({ image, seed, reachPx }: { image: RgbRaster; seed: Point; reachPx?: number }, task?: RasterTask) => liveWireMap(liveWireCosts(greyOf(image)), seed, reachPx, task),
  wand: ({ image, seed, parameters }: { image: RgbRaster; seed: Point; parameters: WandParameters }, task?: RasterTask) => magicWand(image, seed, parameters, task),
} as const;

export type RasterJobName = keyof typeof RASTER_JOBS;
export type RasterInput<Name extends RasterJobName> = Parameters<(typeof RASTER_JOBS)[Name]>[0];
export type RasterOutput<Name extends RasterJobName> = ReturnType<(typeof RASTER_JOBS)[Name]>;

/** As it goes to a thread. */
export interface RasterJob<Name extends RasterJobName = RasterJobName> {
  readonly name: Name;
  readonly input: RasterInput<Name>;
}

/** Throws what the primitive throws. */
export function runRasterJob<Name extends RasterJobName>({ name, input }: RasterJob<Name>, task?: RasterTask): RasterOutput<Name> {
  // TypeScript does not see that name and input belong together.
  const run = RASTER_JOBS[name] as (input: RasterInput<Name>, task?: RasterTask) => RasterOutput<Name>;
  return run(input, task);
}

/** The buffers behind the arrays of a result. */
export function buffersOf(result: unknown): ArrayBuffer[] {
  const values: readonly unknown[] = typeof result === 'object' && result !== null && !ArrayBuffer.isView(result) ? Object.values(result) : [result];
  return [...new Set(values.flatMap((value) => (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [])))];
}
