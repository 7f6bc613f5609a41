/**
 * One primitive on a photo of 4,000 × 3,000 px, in a process of its own: `node large-once.ts NAME`. Prints processor seconds, peak memory beyond what
 * the imports and the photo took, and the longest it went on without asking whether to end; throws where the result is not what a drawn map must give.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { boundaryF } from '#shared/raster/boundary/boundary-f.ts';
import { boundaryMap } from '#shared/raster/boundary/boundary-map.ts';
import { externalContours, largestContour } from '#shared/raster/components/contour.ts';
import { labelComponents } from '#shared/raster/components/label-components.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { morphClass } from '#shared/raster/morphology/by-class.ts';
import type { RasterTask } from '#shared/raster/raster-task.ts';
import { decodeCocoRle, encodeCocoRle } from '#shared/raster/rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from '#shared/raster/rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from '#shared/raster/select/live-wire.ts';
import { quickshift } from '#shared/raster/superpixels/quickshift.ts';
import { adjacentRegions, majorityVote } from '#shared/raster/superpixels/regions.ts';
import { slic } from '#shared/raster/superpixels/slic.ts';
import { statusBytes } from './status-bytes.ts';

const [width, height] = [4000, 3000];
const box = { x: 500, y: 700, width: 1000, height: 1600 };

function drawn(inside: number, outside: number, channels: number): Uint8Array {
  const data = new Uint8Array(width * height * channels).fill(outside);
  for (let y = box.y; y < box.y + box.height; y++) data.fill(inside, (y * width + box.x) * channels, (y * width + box.x + box.width) * channels);
  return data;
}

/** Throws where a region has pixels on both sides of the box's edge. */
function assertWithinBox(regions: Int32Array): void {
  const sides = new Map<number, number>();
  for (let pixel = 0; pixel < regions.length; pixel++) {
    const region = regions[pixel] ?? 0;
    const side = mask[pixel] ?? 0;
    if ((sides.get(region) ?? side) !== side) throw new Error(`region ${region} has pixels on both sides of the box's edge`);
    sides.set(region, side);
  }
}

const photo = { width, height, data: drawn(200, 40, 3) };
const grey = { width, height, data: drawn(200, 40, 1) };
const mask = drawn(1, 0, 1);
const size = { width, height };

/** About 6,000 round patches: borders as long as those of a crowded label map. */
function patches(): { width: number; height: number; data: Uint8Array } {
  const [across, down] = [Float64Array.from({ length: width }, (_, x) => Math.sin(x / 14)), Float64Array.from({ length: height }, (_, y) => Math.sin(y / 14))];
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, pixel) => ((across[pixel % width] ?? 0) * (down[Math.floor(pixel / width)] ?? 0) > 0.3 ? 1 : 0)) };
}

/** What comes back is 0 where nothing was, and only there. */
function assertSameMask(back: { readonly data: Uint8Array }, shapes: { readonly data: Uint8Array }): void {
  if (!shapes.data.every((value, pixel) => (value === 0) === (back.data[pixel] === 0))) throw new Error('the mask did not come back');
}

/** Run lengths of the patches, there and back. */
function thereAndBack<Code>(encode: (mask: ReturnType<typeof patches>, task: RasterTask) => Code, decode: (code: Code, task: RasterTask) => { readonly data: Uint8Array }) {
  return (task: RasterTask): void => assertSameMask(decode(encode(shapes, task), task), shapes);
}

const shapes = patches();
const regions = labelComponents(shapes, 4);

const PRIMITIVES: Readonly<Record<string, (task: RasterTask) => void>> = {
  'crf, 2 labels, 1 iteration': (task) => {
    const unary = unaryFromLabels({ width, height, data: mask }, [0, 1], 0.7);
    const q = denseCrf(wholeImage(photo), unary, { iterations: 1, gaussian: { sxyPx: 3, compat: 3 }, bilateral: { sxyPx: 50, srgb: 5, compat: 10 } }, task);
    for (let pixel = 0; pixel < mask.length; pixel++) if ((q.data[width * height + pixel] ?? 0) > 0.5 !== (mask[pixel] === 1)) throw new Error(`pixel ${pixel} changed its label`);
  },
  'slic, 300 superpixels, 2 iterations': (task) => assertWithinBox(slic(photo, { segments: 300, compactness: 1, sigmaPx: 0, iterations: 2, connected: true }, task).data),
  'quickshift, kernel 1, distance 3': (task) => assertWithinBox(quickshift(photo, { kernelSize: 1, maxDistance: 3, ratio: 1, sigmaPx: 0 }, new Float32Array(width * height), task).data),
  'live-wire, the whole map': (task) => {
    const path = liveWirePath(liveWireMap(liveWireCosts(grey, task), { x: box.x, y: box.y }, Infinity, task), { x: box.x + box.width - 1, y: box.y + box.height - 1 });
    for (let at = 0; at < path.length; at += 2) {
      const [x = 0, y = 0] = path.subarray(at, at + 2);
      if (Math.min(Math.abs(x - box.x), Math.abs(x - (box.x + box.width - 1)), Math.abs(y - box.y), Math.abs(y - (box.y + box.height - 1))) > 1) throw new Error(`the way leaves the box's edge at ${x}, ${y}`);
    }
  },
  'morph, closed by 30 px': (task) => {
    const { data } = morphClass({ width, height, data: mask }, 1, { kind: 'close', radiusPx: 30 }, task);
    if (Buffer.compare(data, mask) !== 0) throw new Error('closing changed a box');
  },
  'majority vote over components': (task) => {
    if (!majorityVote(regions, shapes, task).every((label, pixel) => label === shapes.data[pixel])) throw new Error('a vote over components changed a map');
  },
  'region adjacency': (task) => {
    if (adjacentRegions(regions, task).length !== 2 * (regions.count - 1)) throw new Error('a patch does not lie in the background alone');
  },
  contours: (task) => {
    const { areaPx } = largestContour(externalContours(shapes, { simple: true }, task)) ?? { areaPx: 0 };
    if (!(areaPx > 300 && areaPx < 2000)) throw new Error(`the largest patch is ${areaPx} px`);
  },
  'boundary map': (task) => {
    if (!boundaryMap(shapes, task).data.includes(1)) throw new Error('patches without a boundary');
  },
  'boundary F': (task) => {
    if (boundaryF(shapes, shapes, 0.008, task).f !== 1) throw new Error('a mask is not like itself');
  },
  'COCO’s run lengths, there and back': thereAndBack(encodeCocoRle, decodeCocoRle),
  'CVAT’s run lengths, there and back': thereAndBack((mask, task) => encodeCvatMask(mask, task) ?? { rle: [], left: 0, top: 0, width: 0, height: 0 }, (code, task) => decodeCvatMask(code, size, task)),
  'Label Studio’s run lengths, there and back': thereAndBack(encodeLabelStudioRle, (code, task) => decodeLabelStudioRle(code, size, task)),
};

/** Of the processor, garbage collected beside it included. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

if (process.argv[2] === undefined) console.log(JSON.stringify(Object.keys(PRIMITIVES)));
else {
  const work = PRIMITIVES[process.argv[2]];
  if (work === undefined) throw new Error(`there is no ${process.argv[2]}`);
  // What drawing left behind would hide what is taken anew; it is let go beside this thread.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await delay(500);
  writeFileSync('/proc/self/clear_refs', '5'); // the peak begins anew
  const before = statusBytes('VmRSS');
  const begun = spentMs();
  let [asked, longestMs] = [begun, 0];
  const isCancelled = (): boolean => {
    const now = spentMs();
    longestMs = Math.max(longestMs, now - asked);
    asked = now;
    return false;
  };
  work({ isCancelled });
  console.log(JSON.stringify({ seconds: (spentMs() - begun) / 1000, bytes: statusBytes('VmHWM') - before, longestMs }));
}
