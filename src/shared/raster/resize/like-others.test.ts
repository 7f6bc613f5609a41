import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import type { ByteRaster } from '../rasters.ts';
import { resizeLikeOpencv } from './opencv.ts';
import { resizeLikePil } from './pil.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('resize');
const image = fixture.rgb('image');

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
  });

  it('bilinear as OpenCV', () => {
    const resized = resizeLikeOpencv(image, 3, { width, height });
    expect(worstDifference(resized.data, fixture.values(`opencv_${width}_${height}`))).toBeLessThanOrEqual(1);
  });
});

describe('resizing', () => {
  it('one channel as each of three', () => {
    const green: ByteRaster = { width: image.width, height: image.height, data: image.data.filter((_, at) => at % 3 === 1) };
    const size = { width: 33, height: 21 };
    for (const resize of [(one: ByteRaster, channels: 1 | 3) => resizeLikePil(one, channels, size, 'bicubic'), (one: ByteRaster, channels: 1 | 3) => resizeLikeOpencv(one, channels, size)]) {
      expect(resize(green, 1).data).toEqual(resize(image, 3).data.filter((_, at) => at % 3 === 1));
    }
  });

  it('refuses empty images and sizes', () => {
    const nothing = { width: 0, height: 5, data: new Uint8Array(0) };
    expect(() => resizeLikePil(nothing, 3, { width: 2, height: 2 }, 'bicubic')).toThrow('width of the image is 0');
    expect(() => resizeLikeOpencv(image, 3, { width: 2, height: 0 })).toThrow('height is 0');
  });
});
