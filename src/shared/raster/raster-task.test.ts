import { isDeepStrictEqual as same } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { boundaryF } from './boundary/boundary-f.ts';
import { boundaryMap } from './boundary/boundary-map.ts';
import { greyOf } from './colour/grey.ts';
import { labOf } from './colour/lab.ts';
import { boxOfScores, externalContours } from './components/contour.ts';
import { labelComponents } from './components/label-components.ts';
import { regionsInsideSupport } from './components/perimeter-fit.ts';
import { CRF_ROWS } from './crf/crf-rows.ts';
import { denseCrf, denseCrfRuns } from './crf/dense-crf.ts';
import { unaryFromLabels } from './crf/unary.ts';
import { canny } from './filter/canny.ts';
import { gaussianBlur, gaussianBlur3 } from './filter/gaussian-blur.ts';
import { sobel } from './filter/sobel.ts';
import { wholeImage } from './image-region.ts';
import { close, dilate, erode, fillHoles, open, removeSmall } from './morphology/binary.ts';
import { morphClass } from './morphology/by-class.ts';
import { squaredDistance } from './morphology/distance-transform.ts';
import { runsOf, type RasterTask } from './raster-task.ts';
import { resizeLikeOpencv } from './resize/opencv.ts';
import { resizeLikePil } from './resize/pil.ts';
import { resizeLabelsNearest, resizePlanesBilinear } from './resize/resize.ts';
import { decodeCocoRle, encodeCocoRle } from './rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from './rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from './rle/label-studio.ts';
import { liveWireCosts, liveWireMap } from './select/live-wire.ts';
import { magicWand } from './select/magic-wand.ts';
import { quickshift } from './superpixels/quickshift.ts';
import { adjacentRegions, majorityVote } from './superpixels/regions.ts';
import { SLIC_SILOP, slic } from './superpixels/slic.ts';
import { edgeAffinities, featureAffinities } from './walk/affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from './walk/boundary-walk.ts';
import { randomWalk } from './walk/random-walk.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

function noise(width: number, height: number, channels: number, below: number): { width: number; height: number; data: Uint8Array } {
  return { width, height, data: Uint8Array.from({ length: width * height * channels }, (_, at) => (Math.imul(at + 7, 2654435761) >>> 13) % below) };
}

// Of several runs of pixels, so that there is something midway.
const wide = { width: 260, height: 150 };
const widePixels = wide.width * wide.height;
const mask = noise(wide.width, wide.height, 1, 2);
const other = { ...mask, data: mask.data.toReversed() };
const map = noise(wide.width, wide.height, 1, 4);
const photo = noise(wide.width, wide.height, 3, 256);
const one = { ...mask, data: new Uint8Array(mask.data.length).fill(1) };
const regions = { ...wide, count: 40, data: Int32Array.from({ length: widePixels }, (_, pixel) => Math.floor(pixel / 1000)) };
const planes = { ...wide, count: 2, data: Float32Array.from({ length: 2 * widePixels }, (_, at) => (at % 97) / 97) };

// For what takes its time.
const little = noise(30, 20, 3, 256);
const labels = noise(30, 20, 1, 2);
const scores = { width: 30, height: 20, count: 2, data: Float32Array.from({ length: 1200 }, (_, at) => (at % 97) / 97) };
const affinities = edgeAffinities({ ...scores, count: 1, data: scores.data.subarray(0, 600) }, 3);
const steps = { beta: 4, doublings: 3 };
const values = Float64Array.from(photo.data);
const coco = encodeCocoRle(mask);
const cvat = encodeCvatMask(mask) ?? { rle: [], left: 0, top: 0, width: 0, height: 0 };
const labelStudio = encodeLabelStudioRle(mask);
const wand = { tolerance: 200, connectivity: 4 } as const;

const INPUTS = { mask, other, map, photo, one, regions, planes, little, labels, scores, affinities, values, coco, cvat, labelStudio };

const PRIMITIVES: Readonly<Record<string, (task?: RasterTask) => unknown>> = {
  'dense CRF': (task) => denseCrf(wholeImage(little), unaryFromLabels(labels, [0, 1], 0.7), CRF_ROWS.irn, task),
  'dense CRF, two runs over one photo': (task) => denseCrfRuns(wholeImage(little), [CRF_ROWS.irn, CRF_ROWS['retab-walk']].map((parameters) => ({ unary: unaryFromLabels(labels, [0, 1], 0.7), parameters })), task),
  SLIC: (task) => slic(little, { ...SLIC_SILOP, segments: 20 }, task),
  quickshift: (task) => quickshift(little, { kernelSize: 1, maxDistance: 3, ratio: 1, sigmaPx: 1 }, new Float32Array(600), task),
  'region adjacency': (task) => adjacentRegions(regions, task),
  'majority vote': (task) => majorityVote(regions, map, task),
  grey: (task) => greyOf(photo, task),
  Lab: (task) => labOf(photo, undefined, task),
  'Gaussian blur': (task) => gaussianBlur(values.slice(), { ...wide, channels: 3 }, 1, task),
  'Gaussian blur without WebAssembly': (task) => gaussianBlur(values.slice(), { ...wide, channels: 3 }, 1, task, 'plain'),
  'blur as OpenCV': (task) => gaussianBlur3(mask, task),
  Sobel: (task) => sobel(mask, 'mirror', task),
  Canny: (task) => canny(mask, { low: 1, high: 3, norm: 'l1' }, task),
  'Canny without WebAssembly': (task) => canny(mask, { low: 1, high: 3, norm: 'l1' }, task, 'plain'),
  components: (task) => labelComponents(map, 8, task),
  'PerimeterFit’s rule': (task) => regionsInsideSupport(map, mask, task),
  contours: (task) => externalContours(mask, { simple: true }, task),
  'contours of one that is the whole image': (task) => externalContours(one, { simple: true }, task),
  'box of scores': (task) => boxOfScores(map, 0.5, task),
  'distance transform': (task) => squaredDistance(mask, task),
  dilate: (task) => dilate(mask, 2, task),
  erode: (task) => erode(mask, 1, task),
  open: (task) => open(mask, 1, task),
  close: (task) => close(mask, 1, task),
  'fill holes': (task) => fillHoles(mask, task),
  'remove small': (task) => removeSmall(mask, 9, 8, task),
  'morphology by class': (task) => morphClass(map, 2, { kind: 'close', radiusPx: 2 }, task),
  'resize as Pillow': (task) => resizeLikePil(photo, 3, { width: 130, height: 190 }, 'bicubic', task),
  'resize as Pillow, down first': (task) => resizeLikePil(mask, 1, { width: 250, height: 60 }, 'bilinear', task),
  'resize as Pillow without WebAssembly': (task) => resizeLikePil(photo, 3, { width: 130, height: 190 }, 'bicubic', task, 'plain'),
  'resize as Pillow to the same size': (task) => resizeLikePil(photo, 3, wide, 'bicubic', task),
  'resize as OpenCV': (task) => resizeLikeOpencv(photo, 3, { width: 300, height: 130 }, task),
  'resize as OpenCV to half': (task) => resizeLikeOpencv(photo, 3, { width: 130, height: 75 }, task),
  'resize of scores': (task) => resizePlanesBilinear(planes, { width: 220, height: 190 }, task),
  'resize of scores to the same size': (task) => resizePlanesBilinear(planes, wide, task),
  'resize of labels': (task) => resizeLabelsNearest(map, { width: 220, height: 190 }, task),
  'resize of labels to the same size': (task) => resizeLabelsNearest(map, wide, task),
  'affinities by edges': (task) => edgeAffinities({ ...planes, count: 1, data: planes.data.subarray(0, widePixels) }, 2, 'all', task),
  'affinities by features': (task) => featureAffinities(planes, 2, 'inner', task),
  'random walk': (task) => randomWalk(scores, affinities, steps, task),
  'walk within boundaries': (task) => walkWithinBoundaries(scores, affinities, labels, steps, task),
  'walk onto boundaries': (task) => walkOntoBoundaries(scores, affinities, labels, steps, task),
  'live-wire’s costs': (task) => liveWireCosts(mask, task),
  'live-wire': (task) => liveWireMap({ ...wide, data: Float32Array.from(photo.data.subarray(0, widePixels), (value) => value + 1) }, { x: 9, y: 9 }, Infinity, task),
  'magic wand': (task) => magicWand(photo, { x: 9, y: 9 }, { ...wand, contiguous: true }, task),
  'magic wand anywhere': (task) => magicWand(photo, { x: 9, y: 9 }, { ...wand, contiguous: false }, task),
  'boundary map': (task) => boundaryMap(map, task),
  'boundary F': (task) => boundaryF(mask, other, 0.01, task),
  'boundary F of nothing': (task) => boundaryF(one, mask, 0.01, task),
  'COCO’s runs': (task) => encodeCocoRle(mask, task),
  'COCO’s runs back': (task) => decodeCocoRle(coco, task),
  'CVAT’s runs': (task) => encodeCvatMask(mask, task),
  'CVAT’s runs of nothing': (task) => encodeCvatMask({ ...mask, data: new Uint8Array(mask.data.length) }, task),
  'CVAT’s runs back': (task) => decodeCvatMask(cvat, wide, task),
  'Label Studio’s runs': (task) => encodeLabelStudioRle(mask, task),
  'Label Studio’s runs back': (task) => decodeLabelStudioRle(labelStudio, wide, task),
};

/** What a run with a task tells, and what it gives. */
function observed(run: (task?: RasterTask) => unknown): { shares: number[]; result: unknown } {
  const shares: number[] = [];
  const result = run({ onProgress: (share) => shares.push(share) });
  return { shares, result };
}

describe.each(Object.entries(PRIMITIVES))('%s', (_, run) => {
  it('tells how far it is, never less than before, up to the whole; and gives what it gives untold', () => {
    const { shares, result } = observed(run);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeGreaterThanOrEqual(0);
    expect(shares.at(-1)).toBe(1);
    expect(same(result, run())).toBe(true);
  });

  it('cancelled at any step leaves nothing behind: its input is as it was, and the next run is whole', () => {
    const before = structuredClone(INPUTS);
    const { shares, result } = observed(run);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: shares.length }), (step) => {
        let asked = 0;
        let told = 0;
        const task = { isCancelled: () => ++asked === step, onProgress: () => (told += 1) };
        expect(() => run(task)).toThrow(expect.objectContaining({ code: 'RUN_CANCELLED' }));
        // It ends there and then.
        expect([asked, told]).toEqual([step, step - 1]);
        expect(same(run(), result)).toBe(true);
      }),
      { numRuns: 4 },
    );
    expect(same(before, INPUTS)).toBe(true);
  });
});

describe('what is done in runs', () => {
  it('is done once and in order, in runs that follow the width', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1, max: 200_000 }), fc.integer({ min: 0, max: 100_000 }), (count, pixelsEach) => {
        let next = 0;
        for (const [from, to] of runsOf(count, pixelsEach, undefined)) {
          if (from !== next || to <= from || (to - from > 1 && (to - from) * pixelsEach > 2 ** 15)) return false;
          next = to;
        }
        return next === Math.max(0, count);
      }),
    );
  });
});
