import { greyOf } from '#shared/raster/colour/grey.ts';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { QUICKSHIFT_SILOP, quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { edgeAffinities } from '#shared/raster/walk/affinities.ts';
import { randomWalk } from '#shared/raster/walk/random-walk.ts';
import type { Measured } from '../bench/method-measures.ts';
import { makeReference } from './photo-reference.ts';
import { vocNames } from './voc-photos.ts';

/** Ours over the peer's: processor time of one thread, the least of several, so that other work counts little. */
export async function sideBySide(python: string): Promise<Measured> {
  const [name = ''] = vocNames(1);
  const { reference, seconds } = await makeReference(python, name, 3);
  const image = reference.bytes('image');
  const grey = greyOf(image);
  const size = { width: 321, height: 241 };
  const unary = unaryFromScores(reference.planes('scores'));
  const labels = unaryFromLabels(reference.bytes('coarse'), [...reference.values('present')], 0.7);
  const affinities = edgeAffinities(reference.planes('edges'), 5);
  const work: readonly { readonly name: string; readonly repeats: number; readonly atMost?: number; readonly run: () => unknown }[] = [
    { name: 'crf, 21 labels, 321 × 481', repeats: 5, atMost: 1.5, run: () => denseCrf(wholeImage(reference.bytes('scores_image')), unary, CRF_ROWS.psa) },
    { name: 'crf, labels', repeats: 5, run: () => denseCrf(wholeImage(image), labels, CRF_ROWS.irn) },
    { name: 'slic', repeats: 6, atMost: 1, run: () => slic(image, SLIC_SILOP) },
    { name: 'quickshift', repeats: 5, atMost: 0.7, run: () => quickshift(image, QUICKSHIFT_SILOP, reference.values('noise')) },
    { name: 'canny', repeats: 60, atMost: 3, run: () => canny(grey, { low: 100, high: 200, norm: 'l1' }) },
    { name: 'resize to 321 × 241, bicubic', repeats: 60, atMost: 3, run: () => resizeLikePil(image, 3, size, 'bicubic') },
    { name: 'resize to 321 × 241, OpenCV', repeats: 60, run: () => resizeLikeOpencv(image, 3, size) },
    { name: 'walk', repeats: 3, run: () => randomWalk(reference.planes('walk_scores'), affinities, { beta: 10, doublings: 8 }) },
  ];
  return work.map(({ name: figure, repeats, atMost, run }) => {
    const own = least(repeats, run);
    const theirs = seconds[figure] ?? NaN;
    return { figure, value: own / theirs, unit: `× (${ms(own)} against ${ms(theirs)})`, ...(atMost === undefined ? {} : { atMost }) };
  });
}

function ms(seconds: number): string {
  return `${Number((seconds * 1000).toPrecision(3))} ms`;
}

function least(repeats: number, work: () => unknown): number {
  let best = Infinity;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const before = process.cpuUsage();
    work();
    const spent = process.cpuUsage(before);
    best = Math.min(best, (spent.user + spent.system) / 1e6);
  }
  return best;
}
