import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { TensorOps } from '#main/ml/backend/ops.ts';
import type { HostTensor } from '#main/ml/nn/host-tensor.ts';
import { referenceShape } from '#main/ml/nn/layout.ts';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { buildNetwork, type Model } from '#main/ml/nn/networks/build.ts';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';
import type { Random } from '#main/ml/random/random.ts';
import { parameterValue, plainValue } from '../../scripts/parity/values.ts';
import { useEngine } from '../support/engines.ts';
import { deviation } from '../support/torch-tensors.ts';

// Networks for inference have their norms folded into filters. Small ones of every family, with the tables of the parity fixtures.
const all = JSON.parse(readFileSync(path.join(import.meta.dirname, '../fixtures/parity/cases.json'), 'utf8')) as { name: string; table: NetworkTable; size: [number, number] }[];
/** The same code with larger tables, or without a norm that could be folded. */
const ALIKE = ['efficientnet-lite3', 'efficientnet-lite0-published', 'vit-resized', 'deeplabv3plus-gn-resnest'];
const cases = all.filter(({ name }) => !ALIKE.includes(name));
const CLASSES = 3;
/** All values are replaced. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

let backend: TensorBackend;
let unfolding: TensorBackend;
beforeAll(async () => {
  backend = await useEngine('native');
  const { tf, ops } = backend;
  // Norms as an operation of their own, by their definition.
  const batchNormRunning: TensorOps['batchNormRunning'] = (x, { scale, shift, mean, variance }, epsilon, activation) =>
    ops.activate(tf.add(tf.mul(tf.div<Tensor4D>(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), shift), activation);
  unfolding = { ...backend, ops: { ...ops, batchNormRunning } };
});

function build(on: TensorBackend, table: NetworkTable, forInference: boolean): Model {
  return buildNetwork(on, table, { classes: CLASSES, norm: 'frozen', headNorm: 'frozen', forInference, random: ZEROS });
}

/** Values by name; `change` makes other ones. */
function load({ parameters }: Model, change = ''): void {
  const values = parameters.list().map(({ name, shape, layout }): [string, HostTensor] => {
    const value = parameterValue(name, referenceShape(shape, layout));
    return [name, change === '' ? value : { ...value, values: value.values.map((number) => number * 0.9) }];
  });
  parameters.load(new Map(values), { source: 'values of names' });
}

async function logits(model: Model, size: readonly [number, number]): Promise<Float32Array> {
  const shape: [number, number, number, number] = [2, ...size, 3];
  const result = backend.tf.tidy(() => model.forward(backend.tf.tensor4d(plainValue('photos', shape).values, shape), INFERENCE));
  const values = (await result.data<'float32'>()).slice();
  result.dispose();
  return values;
}

describe('norms folded into filters', () => {
  it.each(cases)('$name: the same logits as with norms by themselves, and memory for no more than the parameters', async ({ table, size }) => {
    const { tf } = backend;
    const before = tf.memory();
    const plain = build(unfolding, table, false);
    load(plain);
    const expected = await logits(plain, size);
    plain.parameters.dispose();
    const model = build(backend, table, true);
    expect(model.parameters.trainable()).toEqual([]);
    load(model);
    const held = tf.memory().numBytes;
    expect(deviation(await logits(model, size), expected)).toBeLessThan(1e-5);
    // Beside the parameters, a shift for each channel that is normalised, or that reads normalised ones.
    const channels = model.parameters.list().reduce((sum, { role, shape }) => sum + (role === 'shift' || role === 'bias' ? (shape[0] ?? 0) : 0), 0);
    expect(tf.memory().numBytes - held).toBeLessThanOrEqual(channels * 4);
    // A second pass folds nothing again.
    expect(deviation(await logits(model, size), expected)).toBeLessThan(1e-5);
    model.parameters.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('are folded anew after another load, and never exported', async () => {
    const { table, size } = all.find(({ name }) => name === 'resnet') as (typeof all)[number];
    const plain = build(unfolding, table, false);
    load(plain, 'other values');
    const expected = await logits(plain, size);
    const model = build(backend, table, true);
    load(model);
    const first = await logits(model, size);
    expect(deviation(first, expected)).toBeGreaterThan(1e-2);
    load(model, 'other values');
    expect(deviation(await logits(model, size), expected)).toBeLessThan(1e-5);
    await expect(model.parameters.export()).rejects.toThrow(/folded into filters/);
    plain.parameters.dispose();
    model.parameters.dispose();
  });
});
