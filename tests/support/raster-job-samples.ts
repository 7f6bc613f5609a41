import { boundaryF } from '#shared/raster/boundary/boundary-f.ts';
import { boundaryMap } from '#shared/raster/boundary/boundary-map.ts';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { labOf } from '#shared/raster/colour/lab.ts';
import { boxOfScores, externalContours, largestContour } from '#shared/raster/components/contour.ts';
import { labelComponents } from '#shared/raster/components/label-components.ts';
import { regionsInsideSupport } from '#shared/raster/components/perimeter-fit.ts';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { gaussianBlur, gaussianBlur3 } from '#shared/raster/filter/gaussian-blur.ts';
import { sobel } from '#shared/raster/filter/sobel.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { morphClass } from '#shared/raster/morphology/by-class.ts';
import { squaredDistance } from '#shared/raster/morphology/distance-transform.ts';
import type { RasterInput, RasterJobName, RasterOutput } from '#shared/raster/raster-jobs.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { resizeLabelsNearest, resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { cocoCountsFromString, cocoCountsToString, decodeCocoRle, encodeCocoRle } from '#shared/raster/rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from '#shared/raster/rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from '#shared/raster/select/live-wire.ts';
import { magicWand } from '#shared/raster/select/magic-wand.ts';
import { quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { adjacentRegions, majorityVote } from '#shared/raster/superpixels/regions.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { edgeAffinities, featureAffinities } from '#shared/raster/walk/affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from '#shared/raster/walk/boundary-walk.ts';
import { randomWalk } from '#shared/raster/walk/random-walk.ts';

/** An input for a job, and what the primitive makes of it when it is called itself. */
interface JobSample<Name extends RasterJobName> {
  readonly input: RasterInput<Name>;
  readonly direct: () => RasterOutput<Name>;
}

const size = { width: 40, height: 26 };
const pixels = size.width * size.height;
const smaller = { width: 23, height: 31 };

function noise(count: number, below: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (Math.imul(at + 7, 2654435761) >>> 13) % below);
}

const image = { ...size, data: noise(3 * pixels, 256) };
const grey = { ...size, data: noise(pixels, 256) };
const mask = { ...size, data: noise(pixels, 2) };
const truth = { ...size, data: mask.data.toReversed() };
const map = { ...size, data: Uint8Array.from({ length: pixels }, (_, at) => (at % size.width < 20 ? 0 : 8)) };
const regions = { ...size, count: 8, data: Int32Array.from({ length: pixels }, (_, at) => Math.floor((at % size.width) / 5)) };
const scores = { ...size, count: 2, data: Float32Array.from({ length: 2 * pixels }, (_, at) => (at % 97) / 97) };
const edges = { ...size, count: 1, data: Float32Array.from({ length: pixels }, (_, at) => (at % 89) / 89) };
const tie = Float32Array.from({ length: pixels }, (_, at) => (at % 13) * 1e-5);
const lab = labOf(image);

const unary = unaryFromLabels(map, [0, 8], 0.7);
const segments = { ...SLIC_SILOP, segments: 20 };
const shift = { kernelSize: 2, maxDistance: 5, ratio: 0.5, sigmaPx: 0 } as const;
const thresholds = { low: 50, high: 100, norm: 'l1' } as const;
const opened = { kind: 'open', radiusPx: 2 } as const;
const steps = { beta: 4, doublings: 3 };
const byEdges = { guide: edges, by: 'edges', radius: 3 } as const;
const byFeatures = { guide: scores, by: 'features', radius: 3, sources: 'all' } as const;
const features = featureAffinities(scores, 3, 'all');
const seed = { x: 3, y: 4 };
const wand = { tolerance: 60, connectivity: 4, contiguous: true } as const;
const wire = liveWireMap(liveWireCosts(greyOf(image)), seed);
const coco = encodeCocoRle(mask);
const text = cocoCountsToString(coco.counts);
const cvat = encodeCvatMask(mask) ?? { rle: [], left: 0, top: 0, width: 0, height: 0 };
const studio = encodeLabelStudioRle(mask);

/** Every job there is, once. */
export const RASTER_JOB_SAMPLES: { readonly [Name in RasterJobName]: JobSample<Name> } = {
  crf: { input: { image, unary, parameters: CRF_ROWS.irn }, direct: () => denseCrf(wholeImage(image), unary, CRF_ROWS.irn) },
  crfRuns: {
    input: { image, runs: [{ unary, parameters: CRF_ROWS.irn }, { unary, parameters: CRF_ROWS['puzzle-final'] }] },
    direct: () => [denseCrf(wholeImage(image), unary, CRF_ROWS.irn), denseCrf(wholeImage(image), unary, CRF_ROWS['puzzle-final'])],
  },
  slic: { input: { image, parameters: segments }, direct: () => slic(image, segments) },
  quickshift: { input: { image, parameters: shift, noise: tie }, direct: () => quickshift(image, shift, tie) },
  adjacency: { input: { regions }, direct: () => adjacentRegions(regions) },
  vote: { input: { regions, labels: mask }, direct: () => majorityVote(regions, mask) },
  grey: { input: { image }, direct: () => greyOf(image) },
  lab: { input: { image }, direct: () => lab },
  blur: { input: { values: lab, size: { ...size, channels: 3 }, sigmaPx: 1.5 }, direct: () => gaussianBlur(lab.slice(), { ...size, channels: 3 }, 1.5) },
  blur3: { input: { grey }, direct: () => gaussianBlur3(grey) },
  sobel: { input: { grey, border: 'mirror' }, direct: () => sobel(grey, 'mirror') },
  canny: { input: { image, parameters: thresholds }, direct: () => canny(greyOf(image), thresholds) },
  resize: { input: { image, size: smaller, filter: 'bicubic' }, direct: () => resizeLikePil(image, 3, smaller, 'bicubic') },
  resizeOpencv: { input: { image, size: smaller }, direct: () => resizeLikeOpencv(image, 3, smaller) },
  resizeLabels: { input: { map, size: smaller }, direct: () => resizeLabelsNearest(map, smaller) },
  resizeScores: { input: { planes: scores, size: smaller }, direct: () => resizePlanesBilinear(scores, smaller) },
  components: { input: { labels: mask, connectivity: 4 }, direct: () => labelComponents(mask, 4) },
  contour: { input: { mask }, direct: () => largestContour(externalContours(mask, { simple: true })) },
  contours: { input: { mask, simple: false }, direct: () => externalContours(mask, { simple: false }) },
  boxOfScores: { input: { scores: grey, threshold: 0.9 }, direct: () => boxOfScores(grey, 0.9) },
  perimeterFit: { input: { regions: map, support: truth }, direct: () => regionsInsideSupport(map, truth) },
  morph: { input: { map, label: 8, step: opened }, direct: () => morphClass(map, 8, opened) },
  distance: { input: { mask }, direct: () => squaredDistance(mask) },
  boundary: { input: { labels: map }, direct: () => boundaryMap(map) },
  boundaryF: { input: { mask, truth, tolerance: 0.02 }, direct: () => boundaryF(mask, truth, 0.02) },
  affinities: { input: byFeatures, direct: () => features },
  walk: { input: { ...byEdges, scores, parameters: steps }, direct: () => randomWalk(scores, edgeAffinities(edges, 3), steps) },
  walkWithin: { input: { ...byFeatures, scores, boundary: mask, parameters: steps }, direct: () => walkWithinBoundaries(scores, features, mask, steps) },
  walkOnto: { input: { ...byFeatures, scores, boundary: mask, parameters: steps }, direct: () => walkOntoBoundaries(scores, features, mask, steps) },
  liveWire: { input: { image, seed, reachPx: 12 }, direct: () => liveWireMap(liveWireCosts(greyOf(image)), seed, 12) },
  liveWirePath: { input: { map: wire, to: { x: 30, y: 20 } }, direct: () => liveWirePath(wire, { x: 30, y: 20 }) },
  wand: { input: { image, seed, parameters: wand }, direct: () => magicWand(image, seed, wand) },
  encodeCoco: { input: { mask }, direct: () => coco },
  decodeCoco: { input: { code: coco }, direct: () => decodeCocoRle(coco) },
  cocoString: { input: { counts: coco.counts }, direct: () => text },
  cocoCounts: { input: { text }, direct: () => cocoCountsFromString(text) },
  encodeCvat: { input: { mask }, direct: () => cvat },
  decodeCvat: { input: { code: cvat, size }, direct: () => decodeCvatMask(cvat, size) },
  encodeLabelStudio: { input: { mask }, direct: () => studio },
  decodeLabelStudio: { input: { bytes: studio, size }, direct: () => decodeLabelStudioRle(studio, size) },
};

export const RASTER_JOB_NAMES = Object.keys(RASTER_JOB_SAMPLES) as RasterJobName[];
