import { describe, expect, it } from 'vitest';
import { argmaxPlanes, withAlphaBackground } from '#shared/raster/background.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { bandsOf, bestLabels } from './bands.ts';

const planesOf = (count: number, width: number, height: number): Planes => ({
  count,
  width,
  height,
  data: Float32Array.from({ length: count * width * height }, (_, i) => (Math.sin(i * 12.9898) + 1) / 2),
});

describe('bandsOf', () => {
  it('covers every row once, and holds no more numbers than asked where a row allows it', () => {
    for (const [width, height, planes, numbers] of [[10, 7, 3, 1000], [10, 7, 3, 90], [10, 7, 3, 61], [10, 7, 3, 1], [10, 7, 0, 20]] as const) {
      const bands = bandsOf({ width, height }, planes, numbers);
      expect(bands.flatMap(({ top, height: rows }) => Array.from({ length: rows }, (_, i) => top + i))).toEqual(Array.from({ length: height }, (_, y) => y));
      for (const { height: rows } of bands) expect(rows === 1 || rows * width * planes <= numbers).toBe(true);
    }
  });

  it('takes a photo of usual size at once, and a huge one not', () => {
    expect(bandsOf({ width: 500, height: 500 }, 21)).toHaveLength(1);
    expect(bandsOf({ width: 20_000, height: 20_000 }, 4).length).toBeGreaterThan(90);
  });
});

describe('bestLabels', () => {
  const background = (band: Planes): Planes => withAlphaBackground(band, 2);

  it.each([
    { what: 'enlarged', planes: planesOf(3, 9, 7), photo: { width: 31, height: 26 } },
    { what: 'reduced', planes: planesOf(3, 31, 26), photo: { width: 12, height: 9 } },
    { what: 'as they are', planes: planesOf(2, 11, 8), photo: { width: 11, height: 8 } },
    { what: 'of no class', planes: planesOf(0, 5, 4), photo: { width: 17, height: 13 } },
  ])('are the same in bands as at once, for scores $what', async ({ planes, photo }) => {
    const labels = [0, 7, 3, 9].slice(0, planes.count + 1);
    const expected = [...argmaxPlanes(background(resizePlanesBilinear(planes, photo)))].map((position) => labels[position]);
    if (planes.count > 0) expect(new Set(expected).size).toBeGreaterThan(1);
    for (const numbers of [1, 200, 500, 1e6]) expect([...(await bestLabels(planes, photo, labels, { finish: background, numbers })).data]).toEqual(expected);
  });
});
