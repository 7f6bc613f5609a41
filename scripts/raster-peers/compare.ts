import { greyOf } from '#shared/raster/colour/grey.ts';
import { boundingBox, externalContours, largestContour } from '#shared/raster/components/contour.ts';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { gaussianBlur3 } from '#shared/raster/filter/gaussian-blur.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { QUICKSHIFT_SILOP, quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import type { ByteRaster, RgbRaster } from '#shared/raster/rasters.ts';
import { decodeCocoRle, encodeCocoRle } from '#shared/raster/rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from '#shared/raster/rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { edgeAffinities, featureAffinities } from '#shared/raster/walk/affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from '#shared/raster/walk/boundary-walk.ts';
import { randomWalk } from '#shared/raster/walk/random-walk.ts';
import { shareMatched, worstDifference } from '../../tests/support/raster-fixtures.ts';
import { adjustedRand } from './adjusted-rand.ts';
import type { Agreement } from './bounds.ts';
import type { RasterReference } from './reference.ts';

export function compare(reference: RasterReference): Agreement {
  const image = reference.bytes('image');
  const grey = greyOf(image);
  const byLabels = denseCrf(wholeImage(image), unaryFromLabels(reference.bytes('coarse'), [...reference.values('present')], 0.7), CRF_ROWS.irn);
  const byScores = denseCrf(wholeImage(reference.bytes('scores_image')), unaryFromScores(reference.planes('scores')), CRF_ROWS.psa);
  const superpixels = slic(image, SLIC_SILOP).data;
  const shifted = quickshift(image, QUICKSHIFT_SILOP, reference.values('noise')).data;
  const walked = randomWalk(reference.planes('walk_scores'), edgeAffinities(reference.planes('edges'), 5), { beta: 10, doublings: 8 });
  const retab = [reference.planes('walk_scores'), featureAffinities(reference.planes('features'), 5), reference.bytes('boundary'), { beta: 8, doublings: 8 }] as const;
  const size = { width: 321, height: 241 };
  const largest = largestContour(externalContours(reference.bytes('foreground'), { simple: true }));
  return {
    'crf from labels, pixels within 1e-3': shareWithin(byLabels, reference.values('crf_labels'), 1e-3),
    'largest difference of crf from labels': worstDifference(byLabels.data, reference.values('crf_labels')),
    'crf from scores, pixels within 1e-3': shareWithin(byScores, reference.values('crf_scores'), 1e-3),
    'largest difference of crf from scores': worstDifference(byScores.data, reference.values('crf_scores')),
    'slic, pixels matched': shareMatched(superpixels, reference.values('slic')),
    'slic, adjusted Rand': adjustedRand(superpixels, reference.values('slic')),
    'quickshift, pixels matched': shareMatched(shifted, reference.values('quickshift')),
    'quickshift, adjusted Rand': adjustedRand(shifted, reference.values('quickshift')),
    'canny 100, 200': shareEqual(canny(grey, { low: 100, high: 200, norm: 'l1' }).data, reference.values('canny')),
    'canny 1, 50 after blur': shareEqual(canny(gaussianBlur3(grey), { low: 1, high: 50, norm: 'l1' }).data, reference.values('canny_low')),
    'bicubic as Pillow': shareEqual(resizeLikePil(image, 3, size, 'bicubic').data, reference.values('pil')),
    'largest difference of bilinear as OpenCV': worstDifference(resizeLikeOpencv(image, 3, size).data, reference.values('opencv')),
    'largest difference of bilinear as OpenCV, enlarged': worstDifference(resizeLikeOpencv(everyFifth(image), 3, size).data, reference.values('opencv_enlarged')),
    'largest difference of walk': worstDifference(walked.data, reference.values('walk')),
    'largest difference of RETAB, stage 1': worstDifference(walkWithinBoundaries(...retab).data, reference.values('stage1')),
    'largest difference of RETAB, stage 2': worstDifference(walkOntoBoundaries(...retab).data, reference.values('stage2')),
    'run lengths there and back': runLengthsReturn(reference.bytes('foreground')) ? 1 : 0,
    'contour and box': contourAgrees(largest, reference) ? 1 : 0,
  };
}

/** numpy's image[::5, ::5]. */
function everyFifth({ width, height, data }: RgbRaster): RgbRaster {
  const small = { width: Math.ceil(width / 5), height: Math.ceil(height / 5) };
  const part = new Uint8Array(small.width * small.height * 3);
  for (let y = 0, to = 0; y < height; y += 5) for (let x = 0; x < width; x += 5, to += 3) part.set(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), to);
  return { ...small, data: part };
}

function runLengthsReturn(mask: ByteRaster): boolean {
  const cvat = encodeCvatMask(mask);
  const decoded = [
    decodeCocoRle(encodeCocoRle(mask)),
    cvat === null ? { data: new Uint8Array(mask.data.length) } : decodeCvatMask(cvat, mask),
    decodeLabelStudioRle(encodeLabelStudioRle(mask), mask),
  ];
  return decoded.every(({ data }) => data.length === mask.data.length && data.every((value, pixel) => (value !== 0) === (mask.data[pixel] !== 0)));
}

function contourAgrees(largest: ReturnType<typeof largestContour>, reference: RasterReference): boolean {
  if (largest === null || !reference.has('contour')) return largest === null && !reference.has('contour');
  const { x, y, width, height } = boundingBox(largest);
  return shareEqual([x, y, width, height], reference.values('box')) === 1 && shareEqual(largest.points, reference.values('contour')) === 1;
}

function shareEqual(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let equal = 0;
  for (let at = 0; at < b.length; at++) if (a[at] === b[at]) equal += 1;
  return a.length === b.length ? equal / b.length : 0;
}

/** Share of pixels whose labels all are within `limit`. */
function shareWithin({ count, width, height, data }: Planes, expected: ArrayLike<number>, limit: number): number {
  const pixels = width * height;
  let within = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let plane = 0;
    while (plane < count && Math.abs((data[plane * pixels + pixel] ?? NaN) - (expected[plane * pixels + pixel] ?? NaN)) <= limit) plane += 1;
    if (plane === count) within += 1;
  }
  return within / pixels;
}
