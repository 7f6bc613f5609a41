import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { argmaxPlanes, positionsToLabels, withAlphaBackground, withThresholdBackground } from './background.ts';
import { fitLongSide, resizeLabelsNearest, resizePlanesBilinear } from './resize.ts';

beforeAll(async () => {
  tf.env().set('IS_TEST', true); // keeps it from advertising itself
  await tf.setBackend('cpu');
});

describe('bilinear resize', () => {
  it.each([
    [7, 5, 28, 20],
    [7, 5, 26, 17],
    [9, 13, 4, 6],
    [1, 1, 5, 3],
    [4, 3, 4, 3],
  ])('%i×%i → %i×%i equals TensorFlow with half-pixel centres', (fromWidth, fromHeight, width, height) => {
    const count = 2;
    const data = Float32Array.from({ length: count * fromWidth * fromHeight }, (_, index) => Math.sin(index * 1.7));
    const ours = resizePlanesBilinear({ count, width: fromWidth, height: fromHeight, data }, { width, height });
    const theirs = tf.tidy(() => {
      const channelsLast = tf.transpose(tf.tensor3d(data, [count, fromHeight, fromWidth]), [1, 2, 0]);
      return tf.transpose(tf.image.resizeBilinear(channelsLast, [height, width], false, true), [2, 0, 1]).dataSync();
    });
    expect(ours.data.length).toBe(theirs.length);
    for (const [index, value] of ours.data.entries()) expect(value).toBeCloseTo(theirs[index] ?? NaN, 5);
  });
});

describe('label resize', () => {
  it('never makes up a label, and whole factors repeat pixels', () => {
    const map = { width: 3, height: 2, data: Uint8Array.of(0, 7, 255, 4, 0, 9) };
    expect([...resizeLabelsNearest(map, { width: 6, height: 2 }).data]).toEqual([0, 0, 7, 7, 255, 255, 4, 4, 0, 0, 9, 9]);
    const side = fc.integer({ min: 1, max: 20 });
    fc.assert(fc.property(side, side, (width, height) => resizeLabelsNearest(map, { width, height }).data.every((label) => map.data.includes(label))));
  });

  it('there and back by a whole factor is the same map', () => {
    const map = { width: 5, height: 4, data: Uint8Array.from({ length: 20 }, (_, pixel) => (pixel * 13) % 256) };
    expect(resizeLabelsNearest(resizeLabelsNearest(map, { width: 15, height: 12 }), map)).toEqual(map);
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
