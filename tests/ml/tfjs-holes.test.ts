import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { plainValue } from '../../scripts/parity/values.ts';
import { X } from '../support/engine-matrix/case.ts';
import { conv } from '../support/engine-matrix/operation-cases.ts';
import { upload } from '../support/engine-matrix/setting.ts';
import { useEngine } from '../support/engines.ts';
import { deviation } from '../support/torch-tensors.ts';

describe('why these operations are our own: tfjs on the native engine', () => {
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('native');
  });

  /** The gradient of sum(weights · f(x)) that tfjs gives, and the slope of its values, along one direction. */
  function slopes(f: (x: Tensor4D) => Tensor): { byGradient: number; byValues: number } {
    const { tf } = backend;
    const numbers = { byGradient: Number.NaN, byValues: Number.NaN };
    tf.tidy(() => {
      const x = tf.tensor4d(plainValue('x', X).values, [...X]);
      const direction = tf.tensor4d(plainValue('direction', X).values, [...X]);
      const loss = (at: Tensor): Scalar => {
        const y = f(at as Tensor4D);
        return tf.sum(tf.mul(y, upload(backend, plainValue('weights', y.shape).values, y.shape)));
      };
      const read = (tensor: Tensor): number => tensor.dataSync<'float32'>()[0] ?? Number.NaN;
      const moved = (by: number): number => read(loss(tf.add(x, tf.mul(direction, by))));
      numbers.byGradient = read(tf.sum(tf.mul(tf.grad(loss)(x), direction)));
      numbers.byValues = (moved(1e-2) - moved(-1e-2)) / 2e-2;
    });
    return numbers;
  }

  /** Our gradient says what our values do. */
  function expectRight({ byGradient, byValues }: { byGradient: number; byValues: number }): void {
    expect(Math.abs(byValues)).toBeGreaterThan(0.05);
    expect(Math.abs(byGradient - byValues)).toBeLessThan(0.01 * Math.abs(byValues) + 2e-3);
  }

  it('has no gradient of dilated convolutions', () => {
    const { tf, ops } = backend;
    const filter = tf.tensor4d(plainValue('filter', [3, 3, 4, 2]).values, [3, 3, 4, 2]);
    expect(() => slopes((x) => tf.conv2d(x, filter, 1, 'same', 'NHWC', 2))).toThrow(/dilat/);
    expectRight(slopes((x) => ops.convolve(x, filter, null, conv({ dilation: 2 }))));
    filter.dispose();
  });

  it('has no gradient of dilated depthwise convolutions', () => {
    const { tf, ops } = backend;
    const filter = tf.tensor4d(plainValue('filter', [3, 3, 4, 1]).values, [3, 3, 4, 1]);
    expect(() => slopes((x) => tf.depthwiseConv2d(x, filter, 1, 'same', 'NHWC', 2))).toThrow(/dilat/);
    expectRight(slopes((x) => ops.convolve(x, filter, null, conv({ kind: 'depthwise', dilation: 2 }))));
    filter.dispose();
  });

  it('has a wrong gradient of reflecting pads, and ours is right', () => {
    const pads: [number, number][] = [[0, 0], [2, 2], [2, 2], [0, 0]];
    const theirs = slopes((x) => backend.tf.mirrorPad(x, pads, 'reflect'));
    expect(Math.abs(theirs.byGradient - theirs.byValues)).toBeGreaterThan(0.1);
    expectRight(slopes((x) => backend.ops.reflectPad(x, 2)));
  });

  it('has a wrong gradient of bilinear resizing with half-pixel centres', () => {
    const theirs = slopes((x) => backend.tf.image.resizeBilinear(x, [9, 5], false, true));
    expect(Math.abs(theirs.byGradient - theirs.byValues)).toBeGreaterThan(0.1);
    expectRight(slopes((x) => backend.ops.resizeBilinear(x, [9, 5], false)));
  });

  it.each([0, 1, 2])('has no right gradient of running sums along axis %i, an inner one', (axis) => {
    expect(() => expectRight(slopes((x) => backend.tf.cumsum(x, axis)))).toThrow();
    expectRight(slopes((x) => backend.ops.cumulativeSum(x, axis)));
  });

  it('has no gradient of gathering places', () => {
    const { tf, ops } = backend;
    const places = tf.tensor2d([1, 5, 6, 0, 0, 0, 1, 5, 6], [3, 3], 'int32');
    expect(() => slopes((x) => tf.gatherND(x, places))).toThrow(/GatherNd/);
    tf.tidy(() => {
      const x = tf.tensor(plainValue('x', X).values, [...X]);
      expect(ops.gatherNd(x, places).arraySync()).toEqual(tf.gatherND(x, places).arraySync());
    });
    expectRight(slopes((x) => ops.gatherNd(x, places)));
    places.dispose();
  });

  it('has no gradient of einsum', () => {
    const { tf, ops } = backend;
    const other = tf.tensor(plainValue('other', [4, 5]).values, [4, 5]);
    expect(() => slopes((x) => tf.einsum('bhwc,cd->bdw', x, other))).toThrow(/Einsum/);
    tf.tidy(() => {
      const x = tf.tensor(plainValue('x', X).values, [...X]);
      expect(deviation(ops.einsum('bhwc,cd->bdw', [x, other]).dataSync(), tf.einsum('bhwc,cd->bdw', x, other).dataSync())).toBeLessThan(1e-6);
    });
    expectRight(slopes((x) => ops.einsum('bhwc,cd->bdw', [x, other])));
    other.dispose();
  });

  it.each([
    ['ab->abc', [[2, 3]], /a letter that no term has/],
    ['ab,bc->ac', [[2, 3]], /2 terms for 1 tensors/],
    ['ab,bc->ac', [[2, 3], [4, 2]], /b is 3 and 4/],
    ['aa->a', [[3, 3]], /a letter twice/],
    ['abc->a', [[2, 3]], /"abc" for a tensor of shape \[2, 3\]/],
    ['ab...->a', [[2, 3]], /expected letters/],
  ])('our einsum refuses %s of shapes %j', (equation, shapes, message) => {
    const { tf, ops } = backend;
    tf.tidy(() => {
      expect(() => ops.einsum(equation, shapes.map((shape) => tf.zeros(shape)))).toThrow(message);
    });
  });

  it('has no gradient of the largest k', () => {
    const { tf, ops } = backend;
    expect(() => slopes((x) => tf.topk(x, 2).values)).toThrow(/TopK/);
    tf.tidy(() => {
      const { values, indices } = ops.topK(tf.tensor2d([3, 1, 4, 1, 5, 9, 2, 6], [2, 4]), 3);
      expect([values.arraySync(), indices.arraySync()]).toEqual([[[4, 3, 1], [9, 6, 5]], [[2, 0, 1], [1, 3, 0]]]);
    });
    expectRight(slopes((x) => ops.topK(x, 2).values));
  });

  it('loses digits in the mean of many numbers, which a group norm needs', () => {
    const { tf, ops } = backend;
    const shape: [number, number, number, number] = [1, 81, 81, 256];
    // Around 4: a norm takes that away again, and with it what the mean of 420,000 numbers is wrong by.
    const values = plainValue('x', shape).values.map((value) => value + 4);
    const ofFirstGroup = (numbers: Float32Array): number => {
      let sum = 0;
      for (let i = 0; i < numbers.length; i += 1) if (i % 256 < 64) sum += numbers[i] ?? Number.NaN;
      return sum / (numbers.length / 4);
    };
    tf.tidy(() => {
      const x = tf.tensor4d(values, shape);
      const theirs = tf.mean(tf.reshape(x, [81 * 81, 4, 64]), [0, 2]).dataSync<'float32'>()[0] ?? Number.NaN;
      const normal = ops.groupNorm(x, tf.ones([256]), tf.zeros([256]), 4, 1e-5).dataSync<'float32'>();
      expect(Math.abs(theirs - ofFirstGroup(values))).toBeGreaterThan(1e-5);
      expect(Math.abs(ofFirstGroup(normal))).toBeLessThan(2e-6);
    });
  });

  it('leaves padding out of the divisor of average pools, where torch counts it', () => {
    const { tf, ops } = backend;
    tf.tidy(() => {
      const ones = tf.ones<TF.Rank.R4>([1, 4, 4, 1]);
      expect(tf.avgPool(ones, 3, 1, 'same').dataSync()[0]).toBeCloseTo(1);
      expect(ops.averagePool(ones, { kernel: 3, stride: 1, pad: 1, ceil: false }, true).dataSync()[0]).toBeCloseTo(4 / 9);
    });
  });

  it('puts the odd pixel of padding after the picture at stride 2, where torch pads both sides', () => {
    const { tf, ops } = backend;
    tf.tidy(() => {
      const ramp = tf.reshape<TF.Rank.R4>(tf.range(0, 16), [1, 4, 4, 1]);
      const filter = tf.ones<TF.Rank.R4>([3, 3, 1, 1]);
      // First window: rows and columns 0 to 2; with torch's padding, 0 and 1.
      expect(ops.convolve(ramp, filter, null, conv({ stride: 2 })).dataSync()[0]).toBe(0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10);
      expect(ops.convolve(ramp, filter, null, conv({ stride: 2, pad: 'symmetric' })).dataSync()[0]).toBe(0 + 1 + 4 + 5);
    });
  });

  it('refuses convolutions in groups', () => {
    const { tf } = backend;
    tf.tidy(() => {
      expect(() => tf.conv2d(tf.ones<TF.Rank.R4>([1, 4, 4, 4]), tf.ones<TF.Rank.R4>([3, 3, 2, 6]), 1, 'same')).toThrow(/depth/);
    });
  });
});
