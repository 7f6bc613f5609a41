import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import type { ByteRaster } from '../rasters.ts';
import { resizeLikeOpencv } from './opencv.ts';
import { resizeLikePil } from './pil.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('resize');
const image = fixture.rgb('image');
const enlarged = new RasterFixture('enlarged');

describe.each([
  [60, 45],
  [47, 31],
  [200, 133],
  [120, 20],
  [7, 90],
  [1, 1],
])('120 × 90 to %i × %i', (width, height) => {
  it.each(['bicubic', 'bilinear'] as const)('%s as Pillow', (filter) => {
    const resized = resizeLikePil(image, 3, { width, height }, filter);
    expect(worstDifference(resized.data, fixture.values(`pil_${filter}_${width}_${height}`))).toBe(0);
    expect(resizeLikePil(image, 3, { width, height }, filter, undefined, 'plain')).toEqual(resized);
  });

  it('bilinear as OpenCV', () => {
    const resized = resizeLikeOpencv(image, 3, { width, height });
    expect(worstDifference(resized.data, fixture.values(`opencv_${width}_${height}`))).toBe(0);
  });
});

describe.each(['patch', 'row', 'column', 'pixel'])('a %s enlarged, or along one axis only, as OpenCV', (name) => {
  it.each([
    [34, 26],
    [17, 26],
    [34, 13],
    [17, 40],
    [51, 91],
    [8, 50],
    [60, 5],
    [1, 60],
    [60, 1],
  ])('to %i × %i', (width, height) => {
    const resized = resizeLikeOpencv(enlarged.rgb(name), 3, { width, height });
    expect(worstDifference(resized.data, enlarged.values(`${name}_${width}_${height}`))).toBe(0);
  });
});

describe('a portrait of 90 × 120, bicubic as Pillow, whichever axis it takes first', () => {
  const { width, height } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(image.data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (x * height + y) * 3);
  }
  const portrait = { width: height, height: width, data };

  // Down by 30 and across by 15 is where the order changes.
  it.each([
    [60, 45],
    [75, 60],
    [80, 90],
    [75, 91],
    [75, 90],
    [75, 89],
    [200, 61],
  ])('to %i × %i', (toWidth, toHeight) => {
    const resized = resizeLikePil(portrait, 3, { width: toWidth, height: toHeight }, 'bicubic');
    expect(worstDifference(resized.data, fixture.values(`portrait_${toWidth}_${toHeight}`))).toBe(0);
  });
});

describe('resizing', () => {
  it('one channel as each of three', () => {
    const green: ByteRaster = { width: image.width, height: image.height, data: image.data.filter((_, at) => at % 3 === 1) };
    const size = { width: 33, height: 21 };
    for (const resize of [
      (one: ByteRaster, channels: 1 | 3) => resizeLikePil(one, channels, size, 'bicubic'),
      (one: ByteRaster, channels: 1 | 3) => resizeLikePil(one, channels, size, 'bicubic', undefined, 'plain'),
      (one: ByteRaster, channels: 1 | 3) => resizeLikeOpencv(one, channels, size),
    ]) {
      expect(resize(green, 1).data).toEqual(resize(image, 3).data.filter((_, at) => at % 3 === 1));
    }
  });

  it('in WebAssembly and in TypeScript is the same, at any size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(1, 3), fc.nat(), (width, height, toWidth, toHeight, channels, seed) => {
        const data = Uint8Array.from({ length: width * height * channels }, (_, at) => (Math.imul(at + seed, 2654435761) >>> 13) & 255);
        const size = { width: toWidth, height: toHeight };
        expect(resizeLikePil({ width, height, data }, channels, size, 'bicubic')).toEqual(resizeLikePil({ width, height, data }, channels, size, 'bicubic', undefined, 'plain'));
      }),
    );
  });

  it('refuses empty images and sizes', () => {
    const nothing = { width: 0, height: 5, data: new Uint8Array(0) };
    expect(() => resizeLikePil(nothing, 3, { width: 2, height: 2 }, 'bicubic')).toThrow('width of the image is 0');
    expect(() => resizeLikeOpencv(image, 3, { width: 2, height: 0 })).toThrow('height is 0');
  });
});
