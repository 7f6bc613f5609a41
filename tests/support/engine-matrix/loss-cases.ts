import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { absoluteDifference } from '#main/ml/losses/absolute-difference.ts';
import { binaryCrossEntropy } from '#main/ml/losses/binary-cross-entropy.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import type { Case } from './case.ts';

export const LOSSES: readonly Case[] = [
  {
    name: 'multi-label soft margin',
    inputs: { x: [3, 4] },
    make: ({ backend }) => {
      const tags = Array.from({ length: 12 }, (_, i) => i % 2);
      return ({ x }) => multiLabelSoftMargin(backend.tf, x as Tensor2D, backend.tf.tensor2d(tags, [3, 4]));
    },
  },
  {
    name: 'cross-entropy of pixels with 255 left out',
    inputs: { x: [1, 3, 4, 5] },
    make: ({ backend }) => ({ x }) => pixelCrossEntropy(backend, x as Tensor4D, Uint8Array.from([0, 1, 2, 255, 4, 3, 2, 1, 255, 0, 1, 2])),
  },
  {
    name: 'binary cross-entropy',
    inputs: { x: [2, 3, 4], targets: [2, 3, 4] },
    make: ({ backend }) => ({ x, targets }) => binaryCrossEntropy(backend.tf, backend.tf.mul(x as Tensor, 5), targets as Tensor),
  },
  {
    name: 'L1 from zero',
    inputs: { x: [2, 3, 4] },
    values: 'away from kinks',
    make: ({ backend }) => ({ x }) => absoluteDifference(backend.tf, x as Tensor, backend.tf.zeros([2, 3, 4])),
  },
  {
    name: 'L1, of either side',
    inputs: { a: [3, 4], b: [3, 4] },
    values: 'away from kinks',
    make: ({ backend }) => ({ a, b }) => absoluteDifference(backend.tf, backend.tf.mul(a as Tensor, 5), b as Tensor),
  },
];
