import { describe, expect, it, vi } from 'vitest';
import { boundaryMap } from './boundary/boundary-map.ts';
import { greyOf } from './colour/grey.ts';
import { boundingBox, boxOfScores, externalContours, largestContour } from './components/contour.ts';
import { regionsInsideSupport } from './components/perimeter-fit.ts';
import { canny } from './filter/canny.ts';
import { gaussianBlur3 } from './filter/gaussian-blur.ts';
import { sobel } from './filter/sobel.ts';
import { morphClass } from './morphology/by-class.ts';
import { squaredDistance } from './morphology/distance-transform.ts';
import type { ByteRaster } from './rasters.ts';
import { resizeLikeOpencv } from './resize/opencv.ts';
import { resizeLikePil } from './resize/pil.ts';
import { decodeCocoRle, encodeCocoRle } from './rle/coco.ts';
import { magicWand } from './select/magic-wand.ts';
import { adjacentRegions } from './superpixels/regions.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const width = 4000;
const height = 3000;
const box = { x: 500, y: 700, width: 1000, height: 1600 };
const around = 2 * (box.width + box.height); // px

/** 1 inside the box, 0 outside. */
const mask = drawn(1, 0, 1);

function drawn(inside: number, outside: number, channels: number): ByteRaster {
  const data = new Uint8Array(width * height * channels).fill(outside);
  for (let y = box.y; y < box.y + box.height; y++) data.fill(inside, (y * width + box.x) * channels, (y * width + box.x + box.width) * channels);
  return { width, height, data };
}

function count(data: Uint8Array): number {
  let marked = 0;
  for (const value of data) if (value !== 0) marked += 1;
  return marked;
}

describe('a box in 4,000 × 3,000 px', () => {
  it('has its edge found by Canny: one pixel wide, around it', () => {
    const { data } = canny(drawn(200, 40, 1), { low: 100, high: 200, norm: 'l1' });
    expect(Math.abs(count(data) - around)).toBeLessThanOrEqual(4);
    expect(data[1000 * width + 1000]).toBe(0);
  });

  it('has its outline as contour', () => {
    const contour = largestContour(externalContours(mask, { simple: true }));
    if (contour === null) throw new Error('there is no contour');
    expect(boundingBox(contour)).toEqual(box);
    expect(contour.points).toHaveLength(8);
  });

  it('has its distances', () => {
    expect(squaredDistance(mask)[1500 * width + 1000]).toBe(500 ** 2);
  });

  it('has its boundary and comes back from run lengths', () => {
    const boundary = count(boundaryMap(mask).data);
    expect(Math.abs(boundary - around)).toBeLessThanOrEqual(4);
    expect(Buffer.compare(decodeCocoRle(encodeCocoRle(mask)).data, mask.data)).toBe(0);
  });

  it('has its hole filled, and no other class changed', () => {
    const holed = mask.data.slice();
    for (let y = 1000; y < 1100; y++) holed.fill(0, y * width + 900, y * width + 950);
    holed[10] = 7;
    const filled = morphClass({ width, height, data: holed }, 1, { kind: 'fill' });
    expect(filled.data[10]).toBe(7);
    expect(count(filled.data)).toBe(box.width * box.height + 1);
    const closed = morphClass({ width, height, data: holed }, 1, { kind: 'close', radiusPx: 30 });
    expect(count(closed.data)).toBe(box.width * box.height + 1);
  });

  it('touches what is around it, and lies inside or not', () => {
    const regions = { width, height, count: 2, data: Int32Array.from(mask.data) };
    expect([...adjacentRegions(regions)]).toEqual([0, 1]);
    expect(count(regionsInsideSupport(mask, mask).data)).toBe(box.width * box.height);
    expect(boxOfScores(mask, 0.5)).toEqual([box.x, box.y, box.x + box.width, box.y + box.height]);
  });

  it('keeps its grey values, which rise at its edge alone', () => {
    const grey = greyOf(drawn(200, 40, 3));
    expect([grey.data[0], grey.data[1000 * width + 1000]]).toEqual([40, 200]);
    const { dx, dy } = sobel(gaussianBlur3(grey), 'mirror');
    expect([dx[1000 * width + 1000], dx[1000 * width + box.x], dy[1000 * width + box.x]]).toEqual([0, 480, 0]);
  });

  it('is what the wand takes', () => {
    const photo = drawn(200, 40, 3);
    const taken = magicWand(photo, { x: 600, y: 800 }, { tolerance: 10, connectivity: 4, contiguous: true });
    expect(count(taken.data)).toBe(box.width * box.height);
  });

  it('keeps its place when resized', () => {
    const photo = drawn(200, 40, 3);
    for (const resized of [resizeLikePil(photo, 3, { width: 400, height: 300 }, 'bicubic'), resizeLikeOpencv(photo, 3, { width: 400, height: 300 })]) {
      expect([...resized.data.subarray((150 * 400 + 100) * 3, (150 * 400 + 100) * 3 + 3)]).toEqual([200, 200, 200]);
      expect(resized.data[(150 * 400 + 300) * 3]).toBe(40);
    }
  });
});
