import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';

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
