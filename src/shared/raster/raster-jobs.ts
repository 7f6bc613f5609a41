import type { LabelMap } from '../mask/label-map.ts';
import { assertOneOf } from './bad-input.ts';
import { boundaryF } from './boundary/boundary-f.ts';
import { boundaryMap } from './boundary/boundary-map.ts';
import { greyOf } from './colour/grey.ts';
import { labOf } from './colour/lab.ts';
import { boxOfScores, externalContours, largestContour } from './components/contour.ts';
import { labelComponents } from './components/label-components.ts';
import { regionsInsideSupport } from './components/perimeter-fit.ts';
import { denseCrf, denseCrfRuns, type CrfRun } from './crf/dense-crf.ts';
import { canny, type CannyParameters } from './filter/canny.ts';
import { gaussianBlur, gaussianBlur3, type BlurSize } from './filter/gaussian-blur.ts';
import { sobel } from './filter/sobel.ts';
import { wholeImage } from './image-region.ts';
import { morphClass, type ClassMorphology } from './morphology/by-class.ts';
import { squaredDistance } from './morphology/distance-transform.ts';
import type { Planes, Size } from './planes.ts';
import { partOf, type RasterTask } from './raster-task.ts';
import type { ByteRaster, IntRaster, Regions, RgbRaster } from './rasters.ts';
import { resizeLikeOpencv } from './resize/opencv.ts';
import { resizeLikePil, type PilFilter } from './resize/pil.ts';
import { resizeLabelsNearest, resizePlanesBilinear } from './resize/resize.ts';
import { cocoCountsFromString, cocoCountsToString, decodeCocoRle, encodeCocoRle, type CocoRle } from './rle/coco.ts';
import { decodeCvatMask, encodeCvatMask, type CvatMask } from './rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from './rle/label-studio.ts';
import { liveWireCosts, liveWireMap, liveWirePath, type LiveWireMap } from './select/live-wire.ts';
import { magicWand, type WandParameters } from './select/magic-wand.ts';
import { quickshift, type QuickshiftParameters } from './superpixels/quickshift.ts';
import { adjacentRegions, majorityVote } from './superpixels/regions.ts';
import { slic, type SlicParameters } from './superpixels/slic.ts';
import { edgeAffinities, featureAffinities, type PairAffinities, type PairSources } from './walk/affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from './walk/boundary-walk.ts';
import { randomWalk, type WalkParameters } from './walk/random-walk.ts';

interface Point {
  readonly x: number; // px
  readonly y: number; // px
}

/** `guide`: edges [1, H, W] or features [C, H, W]; more than one plane of edges is refused. */
interface PairInput {
  readonly guide: Planes;
  readonly by: 'edges' | 'features';
  readonly radius: number; // px
  readonly sources?: PairSources;
}

interface WalkInput extends PairInput {
  readonly scores: Planes;
  readonly parameters: WalkParameters;
}

/** What a thread of a RasterPool can do: the primitives, each with one object as input, so that it can be sent. Results are those of the primitives. */
export const RASTER_JOBS = {
  crf: ({ image, unary, parameters }: CrfRun & { image: RgbRaster }, task?: RasterTask) => denseCrf(wholeImage(image), unary, parameters, task),
  /** Several runs over one photo, whose lattices are built once. */
  crfRuns: ({ image, runs }: { image: RgbRaster; runs: readonly CrfRun[] }, task?: RasterTask) => denseCrfRuns(wholeImage(image), runs, task),

  slic: ({ image, parameters }: { image: RgbRaster; parameters: SlicParameters }, task?: RasterTask) => slic(image, parameters, task),
  quickshift: ({ image, parameters, noise }: { image: RgbRaster; parameters: QuickshiftParameters; noise: Float32Array }, task?: RasterTask) => quickshift(image, parameters, noise, task),
  adjacency: ({ regions }: { regions: Regions }, task?: RasterTask) => adjacentRegions(regions, task),
  vote: ({ regions, labels }: { regions: Regions; labels: IntRaster }, task?: RasterTask) => majorityVote(regions, labels, task),

  grey: ({ image }: { image: RgbRaster }, task?: RasterTask) => greyOf(image, task),
  lab: ({ image }: { image: RgbRaster }, task?: RasterTask) => labOf(image, undefined, task),
  blur: ({ values, size, sigmaPx }: { values: Float64Array; size: BlurSize; sigmaPx: number }, task?: RasterTask) => gaussianBlur(values, size, sigmaPx, task),
  blur3: ({ grey }: { grey: ByteRaster }, task?: RasterTask) => gaussianBlur3(grey, task),
  sobel: ({ grey, border }: { grey: ByteRaster; border: 'mirror' | 'repeat' }, task?: RasterTask) => sobel(grey, border, task),
  canny: ({ image, parameters }: { image: RgbRaster; parameters: CannyParameters }, task?: RasterTask) => canny(greyOf(image, partOf(task, 0, 0.2)), parameters, partOf(task, 0.2, 1)),

  /** [h, w, 3] as Pillow does it. */
  resize: ({ image, size, filter }: { image: RgbRaster; size: Size; filter: PilFilter }, task?: RasterTask) => resizeLikePil(image, 3, size, filter, task),
  resizeOpencv: ({ image, size }: { image: RgbRaster; size: Size }, task?: RasterTask) => resizeLikeOpencv(image, 3, size, task),
  resizeLabels: ({ map, size }: { map: LabelMap; size: Size }, task?: RasterTask) => resizeLabelsNearest(map, size, task),
  resizeScores: ({ planes, size }: { planes: Planes; size: Size }, task?: RasterTask) => resizePlanesBilinear(planes, size, task),

  components: ({ labels, connectivity }: { labels: IntRaster; connectivity: 4 | 8 }, task?: RasterTask) => labelComponents(labels, connectivity, task),
  contour: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => largestContour(externalContours(mask, { simple: true }, task)),
  contours: ({ mask, simple }: { mask: ByteRaster; simple: boolean }, task?: RasterTask) => externalContours(mask, { simple }, task),
  boxOfScores: ({ scores, threshold }: { scores: ByteRaster; threshold: number }, task?: RasterTask) => boxOfScores(scores, threshold, task),
  perimeterFit: ({ regions, support }: { regions: IntRaster; support: ByteRaster }, task?: RasterTask) => regionsInsideSupport(regions, support, task),
  morph: ({ map, label, step }: { map: LabelMap; label: number; step: ClassMorphology }, task?: RasterTask) => morphClass(map, label, step, task),
  distance: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => squaredDistance(mask, task),
  boundary: ({ labels }: { labels: IntRaster }, task?: RasterTask) => boundaryMap(labels, task),
  boundaryF: ({ mask, truth, tolerance }: { mask: ByteRaster; truth: ByteRaster; tolerance?: number }, task?: RasterTask) => boundaryF(mask, truth, tolerance, task),

  affinities: (input: PairInput, task?: RasterTask) => affinitiesOf(input, task),
  walk: ({ scores, parameters, ...pairs }: WalkInput, task?: RasterTask) => randomWalk(scores, affinitiesOf(pairs, partOf(task, 0, 0.2)), parameters, partOf(task, 0.2, 1)),
  /** RETAB's two stages; between them its scores go to photo size and back. */
  walkWithin: ({ scores, boundary, parameters, ...pairs }: WalkInput & { boundary: ByteRaster }, task?: RasterTask) =>
    walkWithinBoundaries(scores, affinitiesOf(pairs, partOf(task, 0, 0.2)), boundary, parameters, partOf(task, 0.2, 1)),
  walkOnto: ({ scores, boundary, parameters, ...pairs }: WalkInput & { boundary: ByteRaster }, task?: RasterTask) =>
    walkOntoBoundaries(scores, affinitiesOf(pairs, partOf(task, 0, 0.2)), boundary, parameters, partOf(task, 0.2, 1)),

  /** The map from which `liveWirePath` reads the way to any pixel. */
  liveWire: ({ image, seed, reachPx }: { image: RgbRaster; seed: Point; reachPx?: number }, task?: RasterTask) =>
    liveWireMap(liveWireCosts(greyOf(image, partOf(task, 0, 0.05)), partOf(task, 0.05, 0.2)), seed, reachPx, partOf(task, 0.2, 1)),
  liveWirePath: ({ map, to }: { map: LiveWireMap; to: Point }) => liveWirePath(map, to),
  wand: ({ image, seed, parameters }: { image: RgbRaster; seed: Point; parameters: WandParameters }, task?: RasterTask) => magicWand(image, seed, parameters, task),

  encodeCoco: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => encodeCocoRle(mask, task),
  decodeCoco: ({ code }: { code: CocoRle }, task?: RasterTask) => decodeCocoRle(code, task),
  cocoString: ({ counts }: { counts: readonly number[] }) => cocoCountsToString(counts),
  cocoCounts: ({ text }: { text: string }) => cocoCountsFromString(text),
  encodeCvat: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => encodeCvatMask(mask, task),
  decodeCvat: ({ code, size }: { code: CvatMask; size: Size }, task?: RasterTask) => decodeCvatMask(code, size, task),
  encodeLabelStudio: ({ mask }: { mask: ByteRaster }, task?: RasterTask) => encodeLabelStudioRle(mask, task),
  decodeLabelStudio: ({ bytes, size }: { bytes: Uint8Array; size: Size }, task?: RasterTask) => decodeLabelStudioRle(bytes, size, task),
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

/** The buffers behind the arrays of a result, however deep they lie in it. */
export function buffersOf(result: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const search = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
    } else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) search(inner);
  };
  search(result);
  return [...found];
}

function affinitiesOf({ guide, by, radius, sources }: PairInput, task: RasterTask | undefined): PairAffinities {
  assertOneOf('affinities', 'by', by, ['edges', 'features']);
  return (by === 'edges' ? edgeAffinities : featureAffinities)(guide, radius, sources, task);
}
