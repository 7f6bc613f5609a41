import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvSpec } from '#main/ml/backend/ops.ts';
import { X, type Case } from './case.ts';

export const conv = (spec: Partial<ConvSpec>): ConvSpec => ({ kind: 'dense', stride: 1, dilation: 1, pad: 'same', activation: 'linear', ...spec });
function convolutionCase(name: string, filter: readonly number[], spec: ConvSpec): Case {
  const outputs = spec.kind === 'depthwise' ? (filter[2] ?? 0) : (filter[3] ?? 0);
  return {
    name: `convolve ${name}`,
    inputs: { x: X, filter, bias: [outputs] },
    make: ({ backend }) => ({ x, filter: weights, bias }) => backend.ops.convolve(x as Tensor4D, weights as Tensor4D, bias as Tensor1D, spec),
  };
}

/** Channel by channel below 0, between 0 and 6, above 6: far enough from either kink that no value comes near it. */
const APART = [-3, 3, 9];

/** With an activation, which engines fuse with the convolution and its bias. */
function activatedCases(name: string, filter: readonly number[], spec: Partial<ConvSpec>): Case[] {
  return (['relu', 'relu6'] as const).map((activation) => ({
    name: `convolve ${name}, ${activation}`,
    inputs: { x: [2, 6, 7, 3], filter, bias: [3] },
    make: ({ backend: { tf, ops } }) => (given) => {
      const bias = tf.add<Tensor1D>(tf.mul(given['bias'] as Tensor1D, 0.2), tf.tensor1d(APART));
      return ops.convolve(given['x'] as Tensor4D, tf.mul(given['filter'] as Tensor4D, 0.1), bias, conv({ ...spec, activation }));
    },
  }));
}

export const OPERATIONS: readonly Case[] = [
  convolutionCase('symmetric, stride 2, even height', [3, 3, 4, 6], conv({ stride: 2, pad: 'symmetric' })),
  convolutionCase('7 × 7 symmetric, stride 2', [7, 7, 4, 3], conv({ stride: 2, pad: 'symmetric' })),
  convolutionCase('1 × 1, stride 2', [1, 1, 4, 3], conv({ stride: 2, pad: 'symmetric' })),
  convolutionCase('same, stride 2, even height', [3, 3, 4, 3], conv({ stride: 2 })),
  convolutionCase('dilated by 2', [3, 3, 4, 3], conv({ dilation: 2, pad: 'symmetric' })),
  convolutionCase('dilated by 6, seeing other corners', [3, 3, 4, 3], conv({ dilation: 6, pad: 'symmetric' })),
  convolutionCase('dilated beyond the picture', [3, 3, 4, 3], conv({ dilation: 12, pad: 'symmetric' })),
  convolutionCase('in 2 groups', [3, 3, 2, 6], conv({ groups: 2, pad: 'symmetric' })),
  convolutionCase('in 2 groups, dilated by 2', [3, 3, 2, 6], conv({ groups: 2, dilation: 2, pad: 'symmetric' })),
  convolutionCase('depthwise, stride 2', [3, 3, 4, 1], conv({ kind: 'depthwise', stride: 2 })),
  convolutionCase('depthwise 5 × 5, dilated by 2', [5, 5, 4, 1], conv({ kind: 'depthwise', dilation: 2 })),
  ...activatedCases('with bias', [3, 3, 3, 3], {}),
  ...activatedCases('with bias, stride 2', [3, 3, 3, 3], { stride: 2, pad: 'symmetric' }),
  ...activatedCases('with bias, dilated by 2', [3, 3, 3, 3], { dilation: 2, pad: 'symmetric' }),
  ...activatedCases('depthwise with bias', [3, 3, 3, 1], { kind: 'depthwise' }),
  ...activatedCases('depthwise with bias, stride 2', [3, 3, 3, 1], { kind: 'depthwise', stride: 2 }),
  ...(['relu', 'relu6'] as const).map((activation): Case => ({
    name: `batch norm with the moments of the batch, ${activation}`,
    inputs: { x: [2, 6, 7, 3], gamma: [3], beta: [3] },
    make: ({ backend: { tf, ops } }) => ({ x, gamma, beta }) => {
      const shift = tf.add<Tensor1D>(tf.mul(beta as Tensor1D, 0.2), tf.tensor1d(APART));
      return ops.batchNormTraining(x as Tensor4D, tf.mul(gamma as Tensor1D, 0.2), shift, 1e-5, activation, () => undefined);
    },
  })),
  ...(['relu', 'relu6'] as const).map((activation): Case => ({
    name: `activate ${activation}`,
    inputs: { x: X },
    values: 'away from kinks',
    make: ({ backend }) => ({ x }) => backend.ops.activate(backend.tf.mul(x as Tensor4D, 5), activation),
  })),
  ...(['relu', 'relu6'] as const).map((activation): Case => ({
    name: `sum with ${activation}`,
    inputs: { a: X, b: X },
    values: 'away from kinks',
    make: ({ backend: { tf, ops } }) => ({ a, b }) => ops.addActivated(tf.mul(a as Tensor4D, 5), tf.mul(b as Tensor4D, 0.2), activation),
  })),
  ...(['linear', 'relu', 'relu6'] as const).map((activation): Case => ({
    name: `scale and shift, ${activation}`,
    inputs: { x: X, factor: [4], shift: [4] },
    values: 'away from kinks',
    // The same sign for all of one channel, so that no value comes near a kink.
    make: ({ backend: { tf, ops } }) => ({ x, factor, shift }) => ops.scale(tf.add(tf.abs(x as Tensor4D), 1), tf.add(tf.mul(factor as Tensor1D, 0.2), 1), tf.mul(shift as Tensor1D, 0.2), activation),
  })),
  ...(['linear', 'gelu'] as const).map((activation): Case => ({
    name: `product with bias, ${activation}`,
    inputs: { x: [5, 6], weight: [6, 4], bias: [4] },
    make: ({ backend }) => ({ x, weight, bias }) => backend.ops.linear(x as Tensor2D, weight as Tensor2D, bias as Tensor1D, activation),
  })),
  {
    name: 'batch norm with the moments of the batch',
    inputs: { x: X, gamma: [4], beta: [4] },
    make: ({ backend }) => ({ x, gamma, beta }) =>
      backend.ops.batchNormTraining(x as Tensor4D, gamma as Tensor1D, beta as Tensor1D, 1e-5, 'linear', () => undefined),
  },
  ...([[[9, 5], true], [[9, 5], false], [[4, 11], true], [[4, 11], false]] as const).map(([size, aligned]): Case => ({
    name: `bilinear resize to ${size.join(' × ')}, corners ${aligned ? '' : 'not '}aligned`,
    inputs: { x: X },
    make: ({ backend }) => ({ x }) => backend.ops.resizeBilinear(x as Tensor4D, size, aligned),
  })),
  ...[0.5, 0.75].map((factor): Case => ({
    name: `bilinear resize by ${factor}`,
    inputs: { x: X },
    make: ({ backend }) => ({ x }) => backend.ops.scaleBilinear(x as Tensor4D, factor),
  })),
  ...([[2, 1, false], [2, 1, true], [1, 1, false]] as const).map(([stride, pad, ceil]): Case => ({
    name: `max-pool 3 × 3, stride ${stride}, pad ${pad}, ${ceil ? 'rounded up' : 'rounded down'}`,
    inputs: { x: X },
    values: 'distinct',
    make: ({ backend }) => ({ x }) => backend.ops.maxPool(x as Tensor4D, { kernel: 3, stride, pad, ceil }),
  })),
  ...([[3, 2, 1, false, true], [3, 1, 1, false, true], [3, 2, 1, false, false], [2, 2, 0, true, false]] as const).map(
    ([kernel, stride, pad, ceil, counts]): Case => ({
      name: `average-pool ${kernel} × ${kernel}, stride ${stride}, pad ${pad}${ceil ? ', rounded up' : ''}, padding ${counts ? '' : 'not '}counted`,
      inputs: { x: X },
      make: ({ backend }) => ({ x }) => backend.ops.averagePool(x as Tensor4D, { kernel, stride, pad, ceil }, counts),
    }),
  ),
  {
    name: 'layer norm',
    inputs: { x: [2, 5, 8], gamma: [8], beta: [8] },
    make: ({ backend }) => ({ x, gamma, beta }) => backend.ops.layerNorm(x as Tensor, gamma as Tensor1D, beta as Tensor1D, 1e-6),
  },
  {
    name: 'group norm',
    inputs: { x: X, gamma: [4], beta: [4] },
    make: ({ backend }) => ({ x, gamma, beta }) => backend.ops.groupNorm(x as Tensor4D, gamma as Tensor1D, beta as Tensor1D, 2, 1e-5),
  },
  { name: 'exact GELU', inputs: { x: X }, make: ({ backend }) => ({ x }) => backend.ops.gelu(backend.tf.mul(x as Tensor, 3)) },
  {
    name: 'attention',
    inputs: { qkv: [2 * 5, 3 * 3 * 4] },
    make: ({ backend }) => ({ qkv }) => {
      const { attention, result } = backend.ops.attend(qkv as Tensor2D, { batch: 2, heads: 3, scale: 0.5 });
      return backend.tf.concat([backend.tf.reshape(attention, [-1]), backend.tf.reshape(result, [-1])]);
    },
  },
  { name: 'reflecting pad', inputs: { x: X }, make: ({ backend }) => ({ x }) => backend.ops.reflectPad(x as Tensor4D, 3) },
  ...[0, 1, 2, 3].map((axis): Case => ({
    name: `running sum along axis ${axis}`,
    inputs: { x: X },
    make: ({ backend }) => ({ x }) => backend.ops.cumulativeSum(x as Tensor4D, axis),
  })),
  {
    name: 'gather of places, some of them twice',
    inputs: { x: [3, 4, 5] },
    make: ({ backend: { tf, ops } }) => ({ x }) => ops.gatherNd(x as Tensor, tf.tensor3d([2, 3, 0, 0, 2, 3, 1, 0, 0, 1, 2, 3], [3, 2, 2], 'int32')),
  },
  {
    name: 'gather of single numbers',
    inputs: { x: X },
    make: ({ backend: { tf, ops } }) => ({ x }) => ops.gatherNd(x as Tensor, tf.tensor2d([1, 5, 6, 3, 0, 0, 0, 0, 1, 5, 6, 3], [3, 4], 'int32')),
  },
  ...([
    ['ab,bc->ac', [3, 4], [4, 5]],
    ['bhqd,bhkd->bhqk', [2, 3, 4, 2], [2, 3, 5, 2]],
    ['ab,ab->', [3, 4], [3, 4]],
    ['abc,cd->dba', [2, 3, 4], [4, 5]],
    ['ab,cd->bd', [3, 4], [2, 5]],
  ] as const).map(([equation, a, b]): Case => ({
    name: `einsum ${equation}`,
    inputs: { a, b },
    make: ({ backend }) => (given) => backend.ops.einsum(equation, [given['a'] as Tensor, given['b'] as Tensor]),
  })),
  { name: 'einsum of one tensor', inputs: { x: [2, 3, 4] }, make: ({ backend }) => ({ x }) => backend.ops.einsum('abc->ca', [x as Tensor]) },
  {
    name: 'einsum of three tensors',
    inputs: { a: [2, 3], b: [3, 4], c: [4, 2] },
    make: ({ backend }) => ({ a, b, c }) => backend.ops.einsum('ij,jk,ki->ik', [a as Tensor, b as Tensor, c as Tensor]),
  },
  ...[3, 7].map((k): Case => ({
    name: `the ${k} largest of 7`,
    inputs: { x: [2, 3, 7] },
    values: 'distinct',
    make: ({ backend: { tf, ops } }) => ({ x }) => {
      const { values, indices } = ops.topK(x as Tensor, k);
      return tf.concat([values, tf.cast(indices, 'float32')], -1);
    },
  })),
];
