import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, AttentionSpec, ConvSpec, PoolGeometry, TensorOps } from '../backend/ops.ts';
import { poolSides, samePadding, type SidePadding } from '../backend/operations/geometry.ts';
import { asMaps, asPlain, combine, linearProduct, map, product, reshape, softmax, split, times, transpose } from './expressions.ts';
import { apply, constant, integers, type Attributes, type Value } from './graph.ts';

interface Tensors {
  readonly tensor: (value: Value) => Tensor;
  readonly recorded: (tensor: Tensor) => Value;
}

/** The engine's own operations as ONNX has them: one node where it has the operation, else the parts that every runtime knows. */
export function recordedOps({ tensor, recorded }: Tensors): TensorOps {
  const fourAxes = (value: Value): Tensor4D => tensor(value) as Tensor4D;
  return {
    convolve: (x, filter, bias, spec) => fourAxes(convolved(recorded(x), recorded(filter), bias === null ? null : recorded(bias), spec)),
    batchNormTraining: () => neverExported('batchNormTraining'),
    batchNormRunning: (x, norm, epsilon, activation) => {
      const images = asMaps(recorded(x));
      const moments = [norm.scale, norm.shift, norm.mean, norm.variance].map(recorded);
      return fourAxes(activated(apply('BatchNormalization', [images, ...moments], images, { epsilon: { float: epsilon } }), activation));
    },
    activate: (x, activation) => fourAxes(activated(recorded(x), activation)),
    addActivated: (a, b, activation) => fourAxes(activated(combine('Add', recorded(a), recorded(b)), activation)),
    scale: () => neverExported('scale'),
    linear: (x, weight, bias, activation) => {
      const products = combine('Add', linearProduct(recorded(x), recorded(weight)), recorded(bias));
      return tensor(activation === 'gelu' ? gelu(products) : products) as Tensor2D;
    },
    crossEntropy: () => neverExported('crossEntropy'),
    resizeBilinear: (x, size, alignCorners) => fourAxes(resized(recorded(x), size, alignCorners)),
    scaleBilinear: (x, factor) => fourAxes(scaled(recorded(x), factor)),
    maxPool: (x, geometry) => fourAxes(pooled('MaxPool', recorded(x), geometry, {})),
    averagePool: (x, geometry, countPadding) => fourAxes(pooled('AveragePool', recorded(x), geometry, { count_include_pad: { int: countPadding ? 1 : 0 } })),
    layerNorm: <T extends Tensor>(x: T, gamma: Tensor, beta: Tensor, epsilon: number) => {
      const operand = asPlain(recorded(x));
      return tensor(apply('LayerNormalization', [operand, recorded(gamma), recorded(beta)], operand, { axis: { int: -1 }, epsilon: { float: epsilon } })) as T;
    },
    groupNorm: (x, gamma, beta, groups, epsilon) => fourAxes(groupNormed(recorded(x), recorded(gamma), recorded(beta), groups, epsilon)),
    gelu: <T extends Tensor>(x: T) => tensor(gelu(recorded(x))) as T,
    attend: (qkv, spec) => {
      const { attention, result } = attended(recorded(qkv), spec);
      return { attention: fourAxes(attention), result: tensor(result) as Tensor2D };
    },
    reflectPad: () => neverExported('reflectPad'),
    cumulativeSum: () => neverExported('cumulativeSum'),
    gatherNd: () => neverExported('gatherNd'),
    einsum: () => neverExported('einsum'),
    topK: () => neverExported('topK'),
  };
}

function neverExported(name: string): never {
  throw new Error(`${name}: no network of the catalogue has it in its forward pass`);
}

function attended(qkv: Value, { batch, heads, scale }: AttentionSpec): { attention: Value; result: Value } {
  const [rows = 0, width = 0] = qkv.shape;
  const [count, channels] = [rows / batch, width / 3];
  const parts = split(reshape(qkv, [batch, count, width]), [channels, channels, channels], 2);
  const [q, k, v] = parts.map((part) => transpose(reshape(part, [batch, count, heads, channels / heads]), [0, 2, 1, 3])) as [Value, Value, Value];
  const attention = softmax(times(product(q, transpose(k, [0, 1, 3, 2])), scale));
  return { attention, result: reshape(transpose(product(attention, v), [0, 2, 1, 3]), [rows, channels]) };
}

function gelu(x: Value): Value {
  const phi = combine('Add', map('Erf', times(x, Math.SQRT1_2)), constant(Float32Array.of(1), []));
  return combine('Mul', times(x, 0.5), phi);
}

function activated(x: Value, activation: Activation): Value {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return map('Relu', x);
    case 'relu6':
      return apply('Clip', [x, constant(Float32Array.of(0), []), constant(Float32Array.of(6), [])], x);
  }
}

/** Padding as ONNX counts it: top, left, bottom, right. */
function pads([rows, columns]: readonly [SidePadding, SidePadding]): Attributes {
  return { pads: { ints: [rows[0], columns[0], rows[1], columns[1]] } };
}

function convolved(x: Value, filter: Value, bias: Value | null, spec: ConvSpec): Value {
  const images = asMaps(x);
  const { stride, dilation } = spec;
  const [batch = 1, height = 0, width = 0, channels = 0] = images.shape;
  const [rows = 1, columns = 1, , outputs = 1] = filter.shape;
  const sides = (input: number, kernel: number): SidePadding => {
    if (spec.pad === 'valid') return [0, 0];
    if (spec.pad === 'same') return samePadding(input, kernel, stride, dilation);
    return [(dilation * (kernel - 1)) / 2, (dilation * (kernel - 1)) / 2];
  };
  const padding = [sides(height, rows), sides(width, columns)] as const;
  const length = (input: number, kernel: number, [before, after]: SidePadding): number => Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
  const shape = [batch, length(height, rows, padding[0]), length(width, columns, padding[1]), spec.kind === 'dense' ? outputs : channels];
  const attributes: Attributes = {
    kernel_shape: { ints: [rows, columns] },
    strides: { ints: [stride, stride] },
    dilations: { ints: [dilation, dilation] },
    group: { int: spec.kind === 'dense' ? (spec.groups ?? 1) : channels },
    ...pads(padding),
  };
  const result = apply('Conv', bias === null ? [images, filter] : [images, filter, bias], { ...images, shape }, attributes);
  return activated(result, spec.activation);
}

/** Sizes that are rounded up become padding after the end: runtimes do not agree about rounding. */
function pooled(type: 'MaxPool' | 'AveragePool', x: Value, geometry: PoolGeometry, attributes: Attributes): Value {
  const images = asMaps(x);
  const { kernel, stride } = geometry;
  const [batch = 1, height = 0, width = 0, channels = 0] = images.shape;
  const padding = [poolSides(height, geometry), poolSides(width, geometry)] as const;
  const length = (input: number, [before, after]: SidePadding): number => Math.floor((input + before + after - kernel) / stride) + 1;
  const shape = [batch, length(height, padding[0]), length(width, padding[1]), channels];
  return apply(type, [images], { ...images, shape }, { kernel_shape: { ints: [kernel, kernel] }, strides: { ints: [stride, stride] }, ...pads(padding), ...attributes });
}

function resized(x: Value, [height, width]: readonly [number, number], alignCorners: boolean): Value {
  const images = asMaps(x);
  const [batch = 1, rows, columns, channels = 0] = images.shape;
  if (rows === height && columns === width) return images;
  const counts = apply('Shape', [images], { shape: [2], arrangement: 'plain', batched: false }, { start: { int: 0 }, end: { int: 2 } });
  const sizes = apply('Concat', [counts, integers([height, width])], { shape: [4], arrangement: 'plain', batched: false }, { axis: { int: 0 } });
  return apply('Resize', [images, null, null, sizes], { ...images, shape: [batch, height, width, channels] }, {
    mode: { text: 'linear' },
    coordinate_transformation_mode: { text: alignCorners ? 'align_corners' : 'half_pixel' },
  });
}

function scaled(x: Value, factor: number): Value {
  const images = asMaps(x);
  const [batch = 1, height = 0, width = 0, channels = 0] = images.shape;
  const shape = [batch, Math.floor(height * factor), Math.floor(width * factor), channels];
  return apply('Resize', [images, null, constant(Float32Array.of(1, 1, factor, factor), [4])], { ...images, shape }, {
    mode: { text: 'linear' },
    coordinate_transformation_mode: { text: 'half_pixel' },
  });
}

/** Instance norm over whole groups, as PyTorch's exporter writes it too; the operator of that name is younger. */
function groupNormed(x: Value, gamma: Value, beta: Value, groups: number, epsilon: number): Value {
  const images = asMaps(x);
  const [batch = 1, height = 0, width = 0, channels = 0] = images.shape;
  const grouped = [batch, groups, (channels / groups) * height * width];
  const byGroup = apply('Reshape', [images, integers([-1, ...grouped.slice(1)])], { shape: grouped, arrangement: 'plain', batched: true });
  const [ones, zeros] = [new Float32Array(groups).fill(1), new Float32Array(groups)].map((values) => constant(values, [groups])) as [Value, Value];
  const normal = apply('InstanceNormalization', [byGroup, ones, zeros], byGroup, { epsilon: { float: epsilon } });
  const maps = apply('Reshape', [normal, integers([-1, channels, height, width])], images);
  return combine('Add', combine('Mul', maps, gamma), beta);
}

