import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { gradients, type Gradients } from '#main/ml/nn/gradients.ts';
import { elementCount, permuted, type HostTensor } from '#main/ml/nn/host-tensor.ts';
import { referenceShape, toReference } from '#main/ml/nn/layout.ts';
import type { Pass } from '#main/ml/nn/network.ts';
import { buildNetwork, type Model } from '#main/ml/nn/networks/build.ts';
import type { Random } from '#main/ml/random/random.ts';
import type { Mode, ParityCase, ReferenceFile, Sampled } from './reference-file.ts';
import { parameterValue, plainValue } from './values.ts';

/** How far one tensor is from the reference's. */
export interface Row {
  /** Such as `eval/tap/layer1`. */
  readonly name: string;
  readonly kind: 'tap' | 'gradient' | 'moment' | 'loss';
  /** Whether it is the gradient of the first or the last layer. */
  readonly end: boolean;
  /** Largest difference, relative to the largest magnitude of the reference; infinite where shapes differ. */
  readonly deviation: number;
}

const TOLERANCES: Readonly<Record<Row['kind'], number>> = { tap: 1e-4, loss: 1e-4, moment: 1e-4, gradient: 1e-3 };

/** The rows that differ by more than they may. */
export function outsideTolerance(rows: readonly Row[]): Row[] {
  return rows.filter(({ kind, deviation }) => !(deviation <= TOLERANCES[kind]));
}

/** Outputs that the loss is made of, and their weights. */
function lossWeights({ head }: ParityCase['table']): Readonly<Record<string, number>> {
  if (head.kind === 'deeplab-v3') return { 'logits': 1, 'aux': 0.5 };
  if (head.kind === 'deeplab-v2') return { 'logits': 1, 'logits_1': 1, 'logits_0.5': 1, 'logits_0.75': 1 };
  return { logits: 1 };
}

/** Initial values are all replaced; drawing millions of normals would take longer than the comparison. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

/** Builds the network of a reference file, runs it on the same numbers, and compares everything that the file has. */
export async function compare(backend: TensorBackend, reference: ReferenceFile, modes: readonly Mode[] = reference.case.modes): Promise<Row[]> {
  const rows: Row[] = [];
  for (const mode of modes) rows.push(...(await compareMode(backend, reference, mode)));
  return rows;
}

async function compareMode(backend: TensorBackend, reference: ReferenceFile, mode: Mode): Promise<Row[]> {
  const { tf } = backend;
  const model = filledModel(backend, reference.case, mode);
  const { table, batch, size } = reference.case;
  const input = channelsLast(photos(reference.input, [batch, 3, ...size]));
  const images = tf.tensor4d(input.values, input.shape as [number, number, number, number]);
  const taps = new Map<string, Tensor>();
  // A source of chance makes it a training pass; with no dropout none is drawn.
  const pass: Pass = { random: ZEROS, tap: (name, value) => taps.set(name, tf.keep(tf.clone(value))) };
  const run = (): Scalar => {
    const outputs = new Map<string, Tensor>();
    const logits = model.forward(images, { ...pass, tap: (name, value) => (outputs.set(name, value), pass.tap?.(name, value)) });
    outputs.set('logits', logits);
    pass.tap?.('logits', logits);
    return loss(backend, outputs, lossWeights(table));
  };
  const found = mode === 'forward' ? withoutGradients(tf.tidy(run)) : gradients(tf, model.parameters.trainable(), run);
  try {
    const rows: Row[] = [];
    const check = async (kind: Row['kind'], name: string, value: Tensor | undefined, toTorch: (tensor: HostTensor) => HostTensor, end = false) => {
      const full = `${mode}/${kind === 'loss' ? 'loss' : `${kind}/${name}`}`;
      const expected = reference.tensors.get(full);
      if (expected === undefined) return;
      const held = value === undefined ? null : toTorch({ shape: value.shape, values: (await value.data<'float32'>()) });
      rows.push({ name: full, kind, end, deviation: held === null ? Infinity : sampledDeviation(held, expected) });
    };
    const asked = [...reference.tensors.keys()].filter((name) => name.startsWith(`${mode}/`));
    const gradientNames = asked.filter((name) => name.startsWith(`${mode}/gradient/`)).map((name) => name.slice(`${mode}/gradient/`.length));
    await check('loss', '', found.loss, (tensor) => ({ shape: [1], values: tensor.values }));
    for (const name of asked.filter((item) => item.startsWith(`${mode}/tap/`)).map((item) => item.slice(`${mode}/tap/`.length)))
      await check('tap', name, taps.get(name), (tensor) => (tensor.shape.length === 4 && !name.startsWith('attention.') ? permuted(tensor, [0, 3, 1, 2]) : tensor));
    for (const name of gradientNames) {
      const { layout } = model.parameters.get(name);
      await check('gradient', name, found.byName.get(name), (tensor) => toReference(tensor, layout), reference.ends.includes(name));
    }
    for (const { name, role, variable } of model.parameters.list()) if (role === 'statistic') await check('moment', name, variable, (tensor) => tensor);
    if (rows.length !== asked.length) throw new Error(`${reference.case.name}: ${asked.length} tensors in the reference, ${rows.length} compared`);
    return rows;
  } finally {
    found.dispose();
    tf.dispose([images, ...taps.values()]);
    model.parameters.dispose();
  }
}

function withoutGradients(value: Scalar): Gradients {
  return { loss: value, byName: new Map(), dispose: () => value.dispose() };
}

function filledModel(backend: TensorBackend, { table, classes, damped }: ParityCase, mode: Mode): Model {
  const norm = mode === 'train' ? 'batch' : 'frozen-statistics';
  const model = buildNetwork(backend, table, { classes, norm, headNorm: norm, dropoutFactor: 0, trainAll: true, random: ZEROS });
  const values = model.parameters.list().map(({ name, shape, layout }): [string, HostTensor] => {
    const value = parameterValue(name, referenceShape(shape, layout));
    return [name, damped !== undefined && new RegExp(damped.names).test(name) ? { ...value, values: value.values.map((number) => number * damped.by) } : value];
  });
  model.parameters.load(new Map(values), { source: 'values of names' });
  return model;
}

/** The weighted mean of each output with fixed random weights, so that every place of it matters. */
function loss(backend: TensorBackend, outputs: ReadonlyMap<string, Tensor>, weights: Readonly<Record<string, number>>): Scalar {
  const { tf } = backend;
  const parts = Object.entries(weights).map(([name, weight]) => {
    const output = outputs.get(name);
    if (output === undefined) throw new Error(`the network gave no ${name}`);
    const shape = output.rank === 4 ? [0, 3, 1, 2].map((axis) => output.shape[axis] ?? 0) : output.shape;
    const factors = plainValue(`loss.${name}`, shape);
    const laid = output.rank === 4 ? channelsLast(factors) : factors;
    return tf.mul<Scalar>(tf.mean(tf.mul(output, tf.tensor(laid.values, [...laid.shape]))), weight);
  });
  return tf.addN(parts);
}

/** Photos of one batch differ in contrast, as in generate.py. */
function photos(name: string, shape: readonly number[]): HostTensor {
  const { values } = plainValue(name, shape);
  const each = elementCount(shape.slice(1));
  return { shape, values: values.map((value, i) => value * 2 ** -Math.floor(i / each)) };
}

function channelsLast(tensor: HostTensor): HostTensor {
  return permuted(tensor, [0, 2, 3, 1]);
}

function sampledDeviation(found: HostTensor, expected: Sampled): number {
  if (found.shape.join() !== expected.shape.join()) return Infinity;
  let difference = 0;
  let magnitude = 0;
  const places = expected.values.length;
  for (let i = 0; i < places; i += 1) {
    const [a, b] = [found.values[Math.floor((i * found.values.length) / places)] ?? Number.NaN, expected.values[i] ?? Number.NaN];
    if (!Number.isFinite(a)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
    magnitude = Math.max(magnitude, Math.abs(b));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
