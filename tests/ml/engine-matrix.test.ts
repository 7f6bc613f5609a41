import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { ConvSpec } from '#main/ml/backend/ops.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import { resizePositions } from '#main/ml/nn/backbones/position-embedding.ts';
import { atrousPyramid } from '#main/ml/nn/heads/aspp.ts';
import { camHead } from '#main/ml/nn/heads/cam.ts';
import { classificationHead } from '#main/ml/nn/heads/classification.ts';
import { elementCount } from '#main/ml/nn/host-tensor.ts';
import { groupNormRelu, layerNorm, linear } from '#main/ml/nn/layers/affine.ts';
import { builder } from '#main/ml/nn/layers/builder.ts';
import { convNorm } from '#main/ml/nn/layers/conv-norm.ts';
import { channelDropout, dropout } from '#main/ml/nn/layers/dropout.ts';
import type { Network, Pass } from '#main/ml/nn/network.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { plainValue } from '../../scripts/parity/values.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';
import { deviation } from '../support/torch-tensors.ts';

/*
 * Every operation, layer and shared loss: gradients on the native engine against finite differences of its values, then values and
 * gradients on WebGPU against the native ones.
 */

type Inputs = Readonly<Record<string, Tensor>>;

interface Case {
  readonly name: string;
  /** Shapes of what is differentiated. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Keeps values this far from 0, where a kink is; `distinct`: no two nearly alike. */
  readonly values?: 'away from kinks' | 'distinct';
  /** Made once; parameters that it declares are differentiated too. */
  make(network: Network): (inputs: Inputs) => Tensor;
}

const X = [2, 6, 7, 4] as const;
const random = randomFor(1);
/** A training pass that draws the same numbers each time. */
const training = (): Pass => ({ random: randomFor(7, 'dropout') });

const conv = (spec: Partial<ConvSpec>): ConvSpec => ({ kind: 'dense', stride: 1, dilation: 1, pad: 'same', activation: 'linear', ...spec });
function convolutionCase(name: string, filter: readonly number[], spec: ConvSpec): Case {
  const outputs = spec.kind === 'depthwise' ? (filter[2] ?? 0) : (filter[3] ?? 0);
  return {
    name: `convolve ${name}`,
    inputs: { x: X, filter, bias: [outputs] },
    make: ({ backend }) => ({ x, filter: weights, bias }) => backend.ops.convolve(x as Tensor4D, weights as Tensor4D, bias as Tensor1D, spec),
  };
}

const OPERATIONS: readonly Case[] = [
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
  ...(['relu', 'relu6'] as const).map((activation): Case => ({
    name: `activate ${activation}`,
    inputs: { x: X },
    values: 'away from kinks',
    make: ({ backend }) => ({ x }) => backend.ops.activate(backend.tf.mul(x as Tensor4D, 5), activation),
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
    inputs: { q: [2, 3, 5, 4], k: [2, 3, 5, 4], v: [2, 3, 5, 4] },
    make: ({ backend }) => ({ q, k, v }) => {
      const { attention, result } = backend.ops.attend(q as Tensor4D, k as Tensor4D, v as Tensor4D, 0.5);
      return backend.tf.concat([backend.tf.reshape(attention, [-1]), backend.tf.reshape(result, [-1])]);
    },
  },
  { name: 'reflecting pad', inputs: { x: X }, make: ({ backend }) => ({ x }) => backend.ops.reflectPad(x as Tensor4D, 3) },
  ...[1, 2, 3].map((axis): Case => ({
    name: `running sum along axis ${axis}`,
    inputs: { x: X },
    make: ({ backend }) => ({ x }) => backend.ops.cumulativeSum(x as Tensor4D, axis),
  })),
];

const common = { group: 'backbone', random } as const;
const LAYERS: readonly Case[] = [
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
    make: ({ backend }) => ({ x }) => pixelCrossEntropy(backend.tf, x as Tensor4D, Uint8Array.from([0, 1, 2, 255, 4, 3, 2, 1, 255, 0, 1, 2])),
  },
];

const CASES = [...OPERATIONS, ...LAYERS];

interface Result {
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** A case on one engine: variables to move, and what the loss and the result are where they stand. */
class Setting {
  readonly variables = new Map<string, Variable>();
  readonly #backend: TensorBackend;
  readonly #parameters: ParamStore;
  readonly #run: (inputs: Inputs) => Tensor;
  readonly #inputs: readonly string[];

  constructor(backend: TensorBackend, sample: Case) {
    this.#backend = backend;
    this.#parameters = new ParamStore(backend.tf);
    this.#inputs = Object.keys(sample.inputs);
    this.#run = sample.make({ backend, parameters: this.#parameters });
    for (const [name, shape] of Object.entries(sample.inputs)) {
      const start = values(`${sample.name} ${name}`, shape, sample.values);
      // A variable outlives the tidy; the tensor it starts from does not.
      const box: { variable?: Variable } = {};
      backend.tf.tidy(() => void (box.variable = backend.tf.variable(upload(backend, start, shape))));
      if (box.variable !== undefined) this.variables.set(name, box.variable);
    }
    for (const parameter of this.#parameters.list()) {
      const { name, variable, role, shape } = parameter;
      const base = role === 'statistic' && name.endsWith('var') ? 1 : role === 'scale' ? 0.8 : 0;
      const start = plainValue(`${sample.name} ${name}`, shape).values.map((u) => base + 0.4 * u);
      backend.tf.tidy(() => variable.assign(upload(backend, start, shape)));
      if (role !== 'statistic') this.variables.set(name, variable);
    }
  }

  /** The result, weighted so that each place of it matters alike, summed. */
  loss(): Scalar {
    const { tf } = this.#backend;
    const y = this.#forward();
    return tf.sum(tf.mul(y, upload(this.#backend, plainValue('weights', y.shape).values, y.shape)));
  }

  lossValue(): number {
    return this.#backend.tf.tidy(() => this.loss().dataSync<'float32'>()[0] ?? Number.NaN);
  }

  /** WebGPU gives numbers back asynchronously alone. */
  async result(): Promise<Result> {
    const { tf } = this.#backend;
    const y = tf.tidy(() => this.#forward());
    const { value: loss, grads } = tf.variableGrads(() => this.loss(), [...this.variables.values()]);
    const gradients = new Map<string, Float32Array>();
    for (const [name, variable] of this.variables) gradients.set(name, (await grads[variable.name]?.data<'float32'>())?.slice() ?? new Float32Array());
    const result = { shape: y.shape, value: (await y.data<'float32'>()).slice(), gradients };
    tf.dispose([y, loss, ...Object.values(grads)]);
    return result;
  }

  #forward(): Tensor {
    return this.#run(Object.fromEntries(this.#inputs.map((name) => [name, this.variables.get(name) as Tensor])));
  }

  /** The slope of the loss along a direction of one variable, from values alone. */
  slope(name: string, direction: Float32Array, step: number): number {
    const variable = this.variables.get(name) as Variable;
    const start = variable.dataSync<'float32'>().slice();
    const at = (by: number): number => {
      this.#backend.tf.tidy(() => variable.assign(upload(this.#backend, start.map((v, i) => v + by * (direction[i] ?? 0)), variable.shape)));
      return this.lossValue();
    };
    const slope = (at(step) - at(-step)) / (2 * step);
    at(0);
    return slope;
  }

  dispose(): void {
    const ours = this.#inputs.map((name) => this.variables.get(name) as Variable);
    this.#parameters.dispose();
    this.#backend.tf.dispose(ours);
  }
}

function upload(backend: TensorBackend, numbers: Float32Array, shape: readonly number[]): Tensor {
  return backend.tf.tensor(numbers, [...shape], 'float32');
}

function values(name: string, shape: readonly number[], wish: Case['values']): Float32Array {
  const { values: plain } = plainValue(name, shape);
  if (wish === 'away from kinks') return plain.map((u) => Math.sign(u) * (0.1 + 0.9 * Math.abs(u)) * (Math.abs(u) > 0.9 ? 1.4 : 1));
  if (wish !== 'distinct') return plain;
  const order = [...plain.keys()].sort((a, b) => (plain[a] ?? 0) - (plain[b] ?? 0));
  const result = new Float32Array(plain.length);
  for (const [rank, place] of order.entries()) result[place] = (2 * rank) / plain.length - 1;
  return result;
}

const native = new Map<string, Result>();

describe('native against finite differences', () => {
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('native');
  });

  it.each(CASES)('$name', async (sample) => {
    const before = backend.tf.memory().numTensors;
    const setting = new Setting(backend, sample);
    const result = await setting.result();
    native.set(sample.name, result);
    // Piecewise linear cases must not cross to another piece, smooth ones may go far enough for float32 to tell.
    const step = sample.values === 'distinct' ? 1e-3 : 1e-2;
    for (const [name, gradient] of result.gradients) {
      const direction = plainValue(`direction ${name}`, [gradient.length]).values;
      const slope = setting.slope(name, direction, step);
      const expected = gradient.reduce((sum, g, i) => sum + g * (direction[i] ?? 0), 0);
      const scale = Math.hypot(...gradient) * 0.6;
      expect(Math.abs(slope - expected), `${name}: slope ${slope}, by gradient ${expected}`).toBeLessThan(0.01 * Math.max(scale, Math.abs(expected)) + 2e-3);
    }
    setting.dispose();
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  });
});

const webgpuTrouble = engineTrouble('webgpu');

describe('webgpu against native', () => {
  if (webgpuTrouble !== null) {
    it.skip(`skipped: ${webgpuTrouble}`);
    return;
  }
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('webgpu');
  });

  it.each(CASES)('$name', async (sample) => {
    const expected = native.get(sample.name);
    if (expected === undefined) throw new Error('the native engine gave no result to compare with');
    const before = backend.tf.memory().numTensors;
    const setting = new Setting(backend, sample);
    const found = await setting.result();
    expect(found.shape).toEqual(expected.shape);
    expect(deviation(found.value, expected.value), 'value').toBeLessThan(1e-4);
    for (const [name, gradient] of expected.gradients) expect(deviation(found.gradients.get(name) ?? [], gradient), `gradient of ${name}`).toBeLessThan(1e-4);
    setting.dispose();
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  });
});

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

  it('has no gradient of dilated convolutions', () => {
    const { tf } = backend;
    const filter = tf.ones([3, 3, 4, 2]);
    expect(() => slopes((x) => tf.conv2d(x, filter as Tensor4D, 1, 'same', 'NHWC', 2))).toThrow(/dilat/);
    filter.dispose();
  });

  it('has a wrong gradient of reflecting pads, and ours is right', () => {
    const pads: [number, number][] = [[0, 0], [2, 2], [2, 2], [0, 0]];
    const theirs = slopes((x) => backend.tf.mirrorPad(x, pads, 'reflect'));
    expect(Math.abs(theirs.byGradient - theirs.byValues)).toBeGreaterThan(0.1);
    const ours = slopes((x) => backend.ops.reflectPad(x, 2));
    expect(ours.byGradient).toBeCloseTo(ours.byValues, 2);
  });

  it('has a wrong gradient of bilinear resizing with half-pixel centres', () => {
    const theirs = slopes((x) => backend.tf.image.resizeBilinear(x, [9, 5], false, true));
    expect(Math.abs(theirs.byGradient - theirs.byValues)).toBeGreaterThan(0.1);
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
