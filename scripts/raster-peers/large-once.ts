/**
 * One primitive on a photo of 4,000 × 3,000 px, in a process of its own: `node large-once.ts NAME`. Prints processor seconds and peak memory beyond
 * what the imports and the photo took; throws where the result is not what a drawn box must give.
 */
import { writeFileSync } from 'node:fs';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { morphClass } from '#shared/raster/morphology/by-class.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from '#shared/raster/select/live-wire.ts';
import { quickshift } from '#shared/raster/superpixels/quickshift.ts';
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

const PRIMITIVES: Readonly<Record<string, () => void>> = {
  'crf, 2 labels, 1 iteration': () => {
    const unary = unaryFromLabels({ width, height, data: mask }, [0, 1], 0.7);
    const q = denseCrf(wholeImage(photo), unary, { iterations: 1, gaussian: { sxyPx: 3, compat: 3 }, bilateral: { sxyPx: 50, srgb: 5, compat: 10 } });
    for (let pixel = 0; pixel < mask.length; pixel++) if ((q.data[width * height + pixel] ?? 0) > 0.5 !== (mask[pixel] === 1)) throw new Error(`pixel ${pixel} changed its label`);
  },
  'slic, 300 superpixels, 2 iterations': () => assertWithinBox(slic(photo, { segments: 300, compactness: 1, sigmaPx: 0, iterations: 2, connected: true }).data),
  'quickshift, kernel 1, distance 3': () => assertWithinBox(quickshift(photo, { kernelSize: 1, maxDistance: 3, ratio: 1, sigmaPx: 0 }, new Float32Array(width * height)).data),
  'live-wire, the whole map': () => {
    const path = liveWirePath(liveWireMap(liveWireCosts(grey), { x: box.x, y: box.y }), { x: box.x + box.width - 1, y: box.y + box.height - 1 });
    for (let at = 0; at < path.length; at += 2) {
      const [x = 0, y = 0] = path.subarray(at, at + 2);
      if (Math.min(Math.abs(x - box.x), Math.abs(x - (box.x + box.width - 1)), Math.abs(y - box.y), Math.abs(y - (box.y + box.height - 1))) > 1) throw new Error(`the way leaves the box's edge at ${x}, ${y}`);
    }
  },
  'morph, closed by 30 px': () => {
    const { data } = morphClass({ width, height, data: mask }, 1, { kind: 'close', radiusPx: 30 });
    if (Buffer.compare(data, mask) !== 0) throw new Error('closing changed a box');
  },
};

if (process.argv[2] === undefined) console.log(JSON.stringify(Object.keys(PRIMITIVES)));
else {
  const work = PRIMITIVES[process.argv[2]];
  if (work === undefined) throw new Error(`there is no ${process.argv[2]}`);
  writeFileSync('/proc/self/clear_refs', '5'); // the peak begins anew
  const before = statusBytes('VmRSS');
  const used = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(used);
  console.log(JSON.stringify({ seconds: (user + system) / 1e6, bytes: statusBytes('VmHWM') - before }));
}
