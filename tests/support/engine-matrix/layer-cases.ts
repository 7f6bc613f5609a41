import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { resizePositions } from '#main/ml/nn/backbones/position-embedding.ts';
import { atrousPyramid } from '#main/ml/nn/heads/aspp.ts';
import { camHead } from '#main/ml/nn/heads/cam.ts';
import { classificationHead } from '#main/ml/nn/heads/classification.ts';
import { elementCount } from '#main/ml/nn/host-tensor.ts';
import { groupNormRelu, layerNorm, linear } from '#main/ml/nn/layers/affine.ts';
import { builder } from '#main/ml/nn/layers/builder.ts';
import { convNorm } from '#main/ml/nn/layers/conv-norm.ts';
import { channelDropout, dropout } from '#main/ml/nn/layers/dropout.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { training, X, type Case } from './case.ts';

const random = randomFor(1);
const common = { group: 'backbone', random } as const;
export const LAYERS: readonly Case[] = [
  ...(['batch', 'frozen-statistics'] as const).map((norm): Case => ({
    name: `convolution with batch norm, ${norm}, in groups, with bias`,
    inputs: { x: X },
    make: (network) => {
      const layer = builder(network, { ...common, norm }).convNorm('conv', 'bn', { inputs: 4, outputs: 6, kernel: 3, stride: 2, groups: 2 }, 'linear', true);
      return ({ x }) => layer(x as Tensor4D, training());
    },
  })),
  {
    name: 'depthwise convolution with batch norm, frozen statistics',
    inputs: { x: X },
    make: (network) => {
      const layer = convNorm(network, {
        filter: 'conv',
        norm: 'bn',
        kind: 'depthwise',
        inputs: 4,
        outputs: 4,
        kernel: 3,
        activation: 'linear',
        group: 'backbone',
        trainable: true,
        statistics: 'frozen',
        epsilon: 1e-3,
        momentum: 0.1,
        initialiser: (shape) => new Float32Array(elementCount(shape)),
      });
      return ({ x }) => layer(x as Tensor4D, training());
    },
  },
  ...(['batch', 'frozen-statistics'] as const).map((norm): Case => ({
    name: `batch norm by itself, ${norm}`,
    inputs: { x: X },
    make: (network) => {
      const layer = builder(network, { ...common, norm }).norm('bn', 4, 'linear');
      return ({ x }) => layer(x as Tensor4D, training());
    },
  })),
  {
    name: 'convolution with bias',
    inputs: { x: X },
    make: (network) => {
      const layer = builder(network, { ...common, norm: 'batch' }).convolve('conv', { inputs: 4, outputs: 3, kernel: 3 }, true, 'linear');
      return ({ x }) => layer(x as Tensor4D, training());
    },
  },
  {
    name: 'linear layer',
    inputs: { x: [2, 5, 8] },
    make: (network) => {
      const layer = linear(network, { name: 'fc', inputs: 8, outputs: 3, group: 'head', initialiser: (shape) => new Float32Array(elementCount(shape)) });
      return ({ x }) => layer(x as Tensor);
    },
  },
  {
    name: 'layer norm with parameters',
    inputs: { x: [2, 5, 8] },
    make: (network) => {
      const layer = layerNorm(network, 'norm', 8, 1e-6, 'backbone');
      return ({ x }) => layer(x as Tensor);
    },
  },
  {
    name: 'group norm and ReLU',
    inputs: { x: [2, 3, 3, 4] },
    make: (network) => {
      const layer = groupNormRelu(network, 'norm', 4, 2, 'head');
      return ({ x }) => layer(x as Tensor4D, training());
    },
  },
  { name: 'dropout', inputs: { x: X }, make: (network) => ({ x }) => dropout(network, x as Tensor, 0.3, training()) },
  { name: 'dropout of channels', inputs: { x: X }, make: (network) => ({ x }) => channelDropout(network, x as Tensor4D, 0.3, training()) },
  {
    name: 'atrous pyramid',
    inputs: { x: X },
    make: (network) => {
      const build = builder(network, { ...common, norm: 'frozen-statistics' });
      const part = (name: string, inputs: number, kernel: number, dilation: number) =>
        build.convNorm(`${name}.conv`, `${name}.bn`, { inputs, outputs: 3, kernel, dilation }, 'linear');
      const layer = atrousPyramid(network.backend.tf, [part('a', 4, 1, 1), part('b', 4, 3, 3)], part('pool', 4, 1, 1), part('merge', 9, 1, 1));
      return ({ x }) => layer(x as Tensor4D, training());
    },
  },
  {
    name: 'CAM head',
    inputs: { x: X },
    make: (network) => {
      const head = camHead(network, { inputs: 4, classes: 3, dropout: 0, initialBias: null, random });
      return ({ x }) => head.logits(x as Tensor4D, training());
    },
  },
  {
    name: 'classification head',
    inputs: { x: X },
    make: (network) => {
      const head = classificationHead(network, { name: 'fc', inputs: 4, classes: 3, random });
      return ({ x }) => head(x as Tensor4D);
    },
  },
  {
    name: 'position embedding on another grid',
    inputs: { x: [1, 1 + 16, 3] },
    make: ({ backend }) => ({ x }) => resizePositions(backend.tf, x as never, 4, [6, 3]),
  },
];
