import { describe, expect, it } from 'vitest';
import { boundaryF } from './boundary/boundary-f.ts';
import { boundaryMap } from './boundary/boundary-map.ts';
import { labOf } from './colour/lab.ts';
import { externalContours } from './components/contour.ts';
import { labelComponents } from './components/label-components.ts';
import { CRF_ROWS } from './crf/crf-rows.ts';
import { assertCrfFits, denseCrf } from './crf/dense-crf.ts';
import { canny } from './filter/canny.ts';
import { assertFits, MOST_BYTES } from './memory.ts';
import { morphClass } from './morphology/by-class.ts';
import { squaredDistance } from './morphology/distance-transform.ts';
import { resizeLikeOpencv } from './resize/opencv.ts';
import { resizeLikePil } from './resize/pil.ts';
import { resizePlanesBilinear } from './resize/resize.ts';
import { liveWireMap } from './select/live-wire.ts';
import { magicWand } from './select/magic-wand.ts';
import { quickshift, QUICKSHIFT_SILOP } from './superpixels/quickshift.ts';
import { adjacentRegions } from './superpixels/regions.ts';
import { slic, SLIC_SILOP } from './superpixels/slic.ts';
import { edgeAffinities, featureAffinities } from './walk/affinities.ts';
import { assertWalkFits } from './walk/random-walk.ts';

const side = 100_000; // px

/** Says to be an array of that length, and fails whoever looks into it or sets something aside for it. */
function unread(channels: number): Uint8Array & Int32Array & Float32Array {
  return { length: side * side * channels } as Uint8Array & Int32Array & Float32Array;
}

const size = { width: side, height: side };
const bytes = { ...size, data: unread(1) };
const photo = { ...size, data: unread(3) };

describe('what would fill the memory is refused before anything is set aside', () => {
  it.each<[string, () => unknown]>([
    ['SLIC', () => slic(photo, SLIC_SILOP)],
    ['quickshift', () => quickshift(photo, QUICKSHIFT_SILOP, unread(1))],
    ['region adjacency', () => adjacentRegions({ ...size, count: 9, data: unread(1) })],
    ['Canny', () => canny(bytes, { low: 1, high: 2, norm: 'l1' })],
    ['Lab', () => labOf(photo)],
    ['components', () => labelComponents(bytes, 4)],
    ['contours', () => externalContours(bytes, { simple: true })],
    ['morphology', () => morphClass(bytes, 1, { kind: 'fill' })],
    ['distance transform', () => squaredDistance(bytes)],
    ['live-wire', () => liveWireMap({ ...size, data: unread(1) }, { x: 0, y: 0 })],
    ['magic wand', () => magicWand(photo, { x: 0, y: 0 }, { tolerance: 1, connectivity: 4, contiguous: true })],
    ['boundary map', () => boundaryMap(bytes)],
    ['boundary F', () => boundaryF(bytes, bytes)],
    ['resize', () => resizeLikePil(photo, 3, { width: 9, height: 9 }, 'bicubic')],
    ['resize', () => resizeLikeOpencv({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, 3, { width: 65_535, height: 65_535 })],
    ['resize', () => resizePlanesBilinear({ count: 1, width: 1, height: 1, data: Float32Array.of(1) }, size)],
    ['affinities', () => edgeAffinities({ ...size, count: 1, data: unread(1) }, 5)],
    ['affinities', () => featureAffinities({ ...size, count: 1, data: unread(1) }, 5)],
    ['dense CRF', () => denseCrf({ ...photo, imageWidth: side, x0: 0, y0: 0 }, { ...size, count: 2, data: unread(2) }, CRF_ROWS.irn)],
  ])('%s', (name, run) => {
    expect(run).toThrow(new RegExp(`^${name}: .* would take [\\d.]+ GiB of memory; expected at most 8`));
  });

  it('a walk by its radius and planes, a CRF by its labels', () => {
    const large = { width: 4000, height: 3000 };
    expect(() => assertWalkFits(large, 5, 21)).not.toThrow();
    expect(() => assertWalkFits(large, 10, 21)).toThrow('random walk: 4000×3000 px with radius 10 and 21 planes would take 22.7 GiB of memory; expected at most 8');
    expect(() => assertCrfFits(large, 21)).not.toThrow();
    expect(() => assertCrfFits(large, 256)).toThrow('dense CRF: 256 labels on 4000×3000 px would take 47.8 GiB of memory; expected at most 8');
  });

  it('the limit itself is allowed, and a figure beyond it never reads as the limit', () => {
    expect(() => assertFits('x', 'y', MOST_BYTES, 'z')).not.toThrow();
    expect(() => assertFits('x', 'y', MOST_BYTES + 1, 'z')).toThrow('would take 8.1 GiB');
  });
});
