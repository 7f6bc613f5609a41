import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmaxPlanes, positionsToLabels, withAlphaBackground, withThresholdBackground } from './background.ts';
import { fitLongSide, resizeLabelsNearest, resizePlanesBilinear } from './resize/resize.ts';

describe('label resize', () => {
  it('never makes up a label, and whole factors repeat pixels', () => {
    const map = { width: 3, height: 2, data: Uint8Array.of(0, 7, 255, 4, 0, 9) };
    expect([...resizeLabelsNearest(map, { width: 6, height: 2 }).data]).toEqual([0, 0, 7, 7, 255, 255, 4, 4, 0, 0, 9, 9]);
    const side = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(side, side, (width, height) =>
        resizeLabelsNearest(map, { width, height }).data.every((label) => map.data.includes(label)),
      ),
    );
  });

  it('there and back by a whole factor is the same map', () => {
    const map = { width: 5, height: 4, data: Uint8Array.from({ length: 20 }, (_, pixel) => (pixel * 13) % 256) };
    expect(resizeLabelsNearest(resizeLabelsNearest(map, { width: 15, height: 12 }), map)).toEqual(map);
  });
});

describe('what is empty', () => {
  const size = { width: 2, height: 3 };

  it('is not resized, nor is anything to nothing', () => {
    for (const [width, height] of [[0, 4], [4, 0]] as const) {
      const message = 'of what is resized is 0; expected an integer from 1';
      expect(() => resizeLabelsNearest({ width, height, data: new Uint8Array(0) }, size)).toThrow(message);
      expect(() => resizePlanesBilinear({ count: 2, width, height, data: new Float32Array(0) }, size)).toThrow(message);
    }
    for (const to of [{ width: 0, height: 3 }, { width: 2, height: NaN }, { width: 2, height: 1.5 }]) {
      expect(() => resizeLabelsNearest({ ...size, data: new Uint8Array(6) }, to)).toThrow(/resize: (width is 0|height is NaN|height is 1\.5); expected an integer from 1/);
      expect(() => resizePlanesBilinear({ ...size, count: 1, data: new Float32Array(6) }, to)).toThrow(/resize: (width is 0|height is NaN|height is 1\.5); expected an integer from 1/);
    }
  });

  it('and of its own size stays what it is', () => {
    const none = { width: 0, height: 4, data: new Int32Array(0) };
    expect(resizeLabelsNearest(none, none)).toBe(none);
  });

  it('of labels of 32 bits keeps every number', () => {
    const map = { width: 2, height: 1, data: Int32Array.of(-7, 2 ** 31 - 1) };
    expect([...resizeLabelsNearest(map, { width: 4, height: 1 }).data]).toEqual([-7, -7, 2 ** 31 - 1, 2 ** 31 - 1]);
  });
});

describe('long side', () => {
  it.each([
    [500, 375, 416, 416, 312],
    [375, 500, 416, 312, 416],
    [300, 200, 416, 300, 200],
    [4000, 2, 100, 100, 1],
  ])('%i×%i at most %i → %i×%i', (width, height, longSide, toWidth, toHeight) => {
    expect(fitLongSide({ width, height }, longSide)).toEqual({ width: toWidth, height: toHeight });
  });
});

describe('background', () => {
  const scores = { count: 2, width: 2, height: 2, data: Float32Array.of(0.2, 0.5, 0.75, 0, 0.25, 0.4, 0.75, 0) };

  it('by threshold wins ties, as the first of equal classes does', () => {
    const winners = argmaxPlanes(withThresholdBackground(scores, 0.25));
    expect([...positionsToLabels(winners, [0, 3, 8])]).toEqual([0, 3, 3, 0]);
  });

  it('by alpha is (1 − best score)^α', () => {
    const { data } = withAlphaBackground(scores, 4);
    const expected = [0.75 ** 4, 0.5 ** 4, 0.25 ** 4, 1];
    for (const [pixel, value] of expected.entries()) expect(data[pixel]).toBeCloseTo(value, 6);
    expect([...data.subarray(4)]).toEqual([...scores.data]);
  });

  it('without classes covers everything', () => {
    expect([...argmaxPlanes(withThresholdBackground({ count: 0, width: 2, height: 1, data: new Float32Array(0) }, 0.3))]).toEqual([0, 0]);
  });
});
