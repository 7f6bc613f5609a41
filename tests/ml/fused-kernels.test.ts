/** Where a fused kernel is missing or wrong a composed one takes its place and only time tells; here the kernels themselves do. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { ConvSpec } from '#main/ml/backend/ops.ts';
import { timeKernels } from '../../scripts/engine-bench/kernel-times.ts';
import { useEngine } from '../support/engines.ts';

// The pinned engine has oneDNN there.
const fuses = process.platform === 'linux' && process.arch === 'x64';

describe.runIf(fuses)('the native engine on a CPU', () => {
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('native');
  });

  /** Kernels that one call takes, tensors made of numbers and reshapes aside. */
  function kernelsOf(make: () => Tensor | Tensor[]): string[] {
    const { tf } = backend;
    const end = timeKernels(tf);
    tf.tidy(make);
    return end()
      .flatMap(({ kernel, calls }) => Array.from({ length: calls }, () => kernel))
      .filter((kernel) => kernel !== 'Reshape')
      .sort();
  }

  const vector = (length: number): Tensor1D => backend.tf.sin(backend.tf.range(0, length));
  const image = (channels: number): Tensor4D => backend.tf.sin(backend.tf.reshape(backend.tf.range(0, 6 * 5 * channels), [1, 6, 5, channels]));

  it.each(['linear', 'relu', 'relu6'] as const)('scales, shifts and activates by %s in one kernel', (activation) => {
    const [x, factor, shift] = [image(8), vector(8), vector(8)];
    expect(kernelsOf(() => backend.ops.scale(x, factor, shift, activation))).toEqual(['_MklNativeFusedDepthwiseConv2dNative']);
  });

  it.each(['linear', 'relu', 'relu6'] as const)('convolves, adds a bias and activates by %s in one kernel', (activation) => {
    const spec: ConvSpec = { kind: 'dense', stride: 1, dilation: 1, pad: 'same', activation };
    const [x, bias] = [image(4), vector(2)];
    const filter = backend.tf.reshape<Tensor4D['rankType']>(vector(3 * 3 * 4 * 2), [3, 3, 4, 2]);
    expect(kernelsOf(() => backend.ops.convolve(x, filter, bias, spec))).toEqual(['_MklNativeFusedConv2D']);
  });

  it('multiplies, adds a bias and takes GELU in one kernel', () => {
    const rows = backend.tf.reshape<Tensor2D['rankType']>(vector(12), [3, 4]);
    const weight = backend.tf.reshape<Tensor2D['rankType']>(vector(20), [4, 5]);
    const bias = vector(5);
    expect(kernelsOf(() => backend.ops.linear(rows, weight, bias, 'gelu'))).toEqual(['_MklNativeFusedMatMul']);
  });

  it('norms a batch and applies ReLU in one kernel, with the bits of two', () => {
    const { tf, ops } = backend;
    const [x, gamma, beta] = [image(8), vector(8), vector(8)];
    const normed = (activation: 'relu' | 'linear'): Tensor4D => ops.batchNormTraining(x, gamma, beta, 1e-5, activation, () => undefined);
    expect(kernelsOf(() => normed('relu'))).toEqual(['_MklNativeFusedBatchNormEx']);
    expect(kernelsOf(() => normed('linear'))).toEqual(['FusedBatchNormV3']);
    tf.tidy(() => {
      expect(normed('relu').dataSync()).toEqual(tf.relu(normed('linear')).dataSync());
    });
  });

  it('norms a layer in one kernel', () => {
    const rows = backend.tf.reshape<Tensor2D['rankType']>(vector(12), [3, 4]);
    const [gamma, beta] = [vector(4), vector(4)];
    expect(kernelsOf(() => backend.ops.layerNorm(rows, gamma, beta, 1e-6))).toEqual(['_MklLayerNorm']);
  });

  it('attends with its quick softmax', () => {
    const qkv = backend.tf.reshape<Tensor2D['rankType']>(vector(5 * 24), [5, 24]);
    expect(kernelsOf(() => backend.ops.attend(qkv, { batch: 1, heads: 2, scale: 0.5 }).result)).toContain('_MklSoftmax');
  });

  it.each([
    { what: 'one tap', side: 6, kernel: 1, dilation: 1, expected: 'MatMul' },
    { what: 'taps that mostly lie beside the photo', side: 6, kernel: 3, dilation: 5, expected: 'MatMul' },
    { what: 'taps that mostly lie on the photo', side: 12, kernel: 3, dilation: 2, expected: 'Conv2DBackpropFilter, dilated' },
  ])('takes the quicker gradient of a filter of $what', ({ side, kernel, dilation, expected }) => {
    const { tf, ops } = backend;
    const x = tf.sin<Tensor4D>(tf.reshape<Tensor4D['rankType']>(tf.range(0, side * side * 3), [1, side, side, 3]));
    const filter = tf.reshape<Tensor4D['rankType']>(vector(kernel * kernel * 6), [kernel, kernel, 3, 2]);
    const gradient = tf.grad((weights: Tensor) => ops.convolve(x, weights as Tensor4D, null, { kind: 'dense', stride: 1, dilation, pad: 'same', activation: 'linear' }));
    expect(new Set(kernelsOf(() => gradient(filter)))).toContain(expected);
  });
});
