import { greyOf } from '#shared/raster/colour/grey.ts';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { resizeLikeOpencv } from '#shared/raster/resize/opencv.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from '#shared/raster/select/live-wire.ts';
import { QUICKSHIFT_SILOP, quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { SLIC_SILOP, slic } from '#shared/raster/superpixels/slic.ts';
import { edgeAffinities } from '#shared/raster/walk/affinities.ts';
import { randomWalk } from '#shared/raster/walk/random-walk.ts';
import type { RasterReference } from './reference.ts';

interface PeerReport {
  readonly seconds: Readonly<Record<string, number>>;
}

/** Prints the seconds of both, and ours over the peer's: processor time of one thread, the least of several, so that other work counts little. */
export function bench(reference: RasterReference, peer: PeerReport): void {
  const image = reference.bytes('image');
  const grey = greyOf(image);
  const size = { width: 321, height: 241 };
  const ownSeconds: Record<string, number> = {};
  const unary = unaryFromScores(reference.planes('scores'));
  ownSeconds['crf, 21 labels, 321 × 481'] = least(5, () => denseCrf(wholeImage(reference.bytes('scores_image')), unary, CRF_ROWS.psa));
  const labels = unaryFromLabels(reference.bytes('coarse'), [...reference.values('present')], 0.7);
  ownSeconds['crf, labels'] = least(4, () => denseCrf(wholeImage(image), labels, CRF_ROWS.irn));
  ownSeconds['slic'] = least(5, () => slic(image, SLIC_SILOP));
  ownSeconds['quickshift'] = least(4, () => quickshift(image, QUICKSHIFT_SILOP, reference.values('noise')));
  ownSeconds['canny'] = least(30, () => canny(grey, { low: 100, high: 200, norm: 'l1' }));
  ownSeconds['resize to 321 × 241, bicubic'] = least(30, () => resizeLikePil(image, 3, size, 'bicubic'));
  ownSeconds['resize to 321 × 241, OpenCV'] = least(30, () => resizeLikeOpencv(image, 3, size));
  const affinities = edgeAffinities(reference.planes('edges'), 5);
  ownSeconds['walk'] = least(3, () => randomWalk(reference.planes('walk_scores'), affinities, { beta: 10, doublings: 8 }));
  console.log(`photo ${image.width} × ${image.height}\n${'measure'.padEnd(34)} ours, s   peer, s   ratio`);
  for (const [name, seconds] of Object.entries(ownSeconds)) {
    const theirs = peer.seconds[name] ?? NaN;
    console.log(`${name.padEnd(34)} ${seconds.toFixed(4).padStart(7)}  ${theirs.toFixed(4).padStart(8)}  ${(seconds / theirs).toFixed(2).padStart(6)}`);
  }
  const costs = liveWireCosts(grey);
  const map = liveWireMap(costs, { x: 10, y: 10 });
  console.log(`live-wire: costs ${ms(least(5, () => liveWireCosts(grey)))}, map ${ms(least(5, () => liveWireMap(costs, { x: 10, y: 10 })))}, path ${ms(least(20, () => liveWirePath(map, { x: image.width - 10, y: image.height - 10 })))}`);
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
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
