import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Scalar } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { gradients } from '#main/ml/nn/gradients.ts';
import type { NormMode } from '#main/ml/nn/layers/builder.ts';
import { referenceShape } from '#main/ml/nn/layout.ts';
import { buildNetwork, type BuildOptions } from '#main/ml/nn/networks/build.ts';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';
import type { Parameter } from '#main/ml/nn/param-store.ts';
import { sgd } from '#main/ml/optim/sgd.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { parameterValue, plainValue } from '../../scripts/parity/values.ts';
import { useEngine } from '../support/engines.ts';

// What one step of training changes, by what was asked of the batch norms. Small networks with the tables of the parity fixtures.
const cases = JSON.parse(readFileSync(path.join(import.meta.dirname, '../fixtures/parity/cases.json'), 'utf8')) as { name: string; table: NetworkTable }[];
const tableOf = (name: string): NetworkTable => {
  const found = cases.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.table;
};
const CLASSES = 3;

let backend: TensorBackend;
beforeAll(async () => {
  backend = await useEngine('native');
});

interface Changes {
  /** Names of parameters and moments that are not the bits they were. */
  readonly changed: ReadonlySet<string>;
  readonly parameters: readonly Parameter[];
  /** Names that got a gradient. */
  readonly differentiated: ReadonlySet<string>;
}

/** One step of SGD on one batch. */
function step(table: NetworkTable, options: Pick<BuildOptions, 'norm' | 'headNorm' | 'trainAll'>): Changes {
  const { tf } = backend;
  const { parameters: store, forward } = buildNetwork(backend, table, { ...options, classes: CLASSES, dropoutFactor: 0, random: randomFor(1) });
  store.load(new Map(store.list().map(({ name, shape, layout }) => [name, parameterValue(name, referenceShape(shape, layout))])), { source: 'values of names' });
  const bits = (): Map<string, Buffer> => new Map(store.list().map(({ name, variable }) => [name, Buffer.from(variable.dataSync<'float32'>().slice().buffer)]));
  const before = bits();
  const images = tf.tensor4d(plainValue('photos', [2, 33, 33, 3]).values, [2, 33, 33, 3]);
  const found = gradients(tf, store.trainable(), () => {
    const logits = forward(images, { random: randomFor(2) });
    return tf.sum<Scalar>(tf.mul(logits, tf.tensor(plainValue('weights', logits.shape).values, [...logits.shape])));
  });
  const optimiser = sgd(tf, store.trainable(), { momentum: 0, weightDecay: () => 1e-4, multiplier: () => 1 });
  optimiser.step(found.byName, 0.1);
  const after = bits();
  const changed = new Set([...before].filter(([name, value]) => after.get(name)?.equals(value) !== true).map(([name]) => name));
  const result = { changed, parameters: store.list(), differentiated: new Set(found.byName.keys()) };
  found.dispose();
  optimiser.dispose();
  images.dispose();
  store.dispose();
  return result;
}

const names = (parameters: readonly Parameter[], ...roles: Parameter['role'][]): string[] => parameters.filter(({ role }) => roles.includes(role)).map(({ name }) => name);
const among = (chosen: readonly string[], changed: ReadonlySet<string>): string[] => chosen.filter((name) => changed.has(name));

describe.each(['resnet', 'resnest', 'efficientnet-lite0', 'resnet38d-cam'])('one step of %s', (name) => {
  const table = tableOf(name);
  const run = (norm: NormMode): Changes & { readonly affine: string[]; readonly moments: string[] } => {
    const changes = step(table, { norm, headNorm: norm });
    return { ...changes, affine: names(changes.parameters, 'scale', 'shift'), moments: names(changes.parameters, 'statistic') };
  };

  it('batch: moves running moments, scales and shifts', () => {
    const { affine, moments, changed, differentiated } = run('batch');
    expect(among(moments, changed)).toEqual(moments);
    expect(among(affine, changed)).toEqual(affine);
    expect(among(affine, differentiated)).toEqual(affine);
  });

  it('frozen-statistics: moves scales and shifts, and not one bit of running moments', () => {
    const { affine, moments, changed } = run('frozen-statistics');
    expect(moments.length).toBeGreaterThan(0);
    expect(among(moments, changed)).toEqual([]);
    expect(among(affine, changed)).toEqual(affine);
  });

  it('frozen: gives scales and shifts no gradient and moves no bit of the norms, while filters learn', () => {
    const { affine, moments, changed, differentiated, parameters } = run('frozen');
    expect(affine.length).toBeGreaterThan(0);
    expect(among([...affine, ...moments], changed)).toEqual([]);
    expect(among(affine, differentiated)).toEqual([]);
    const filters = names(parameters, 'weight');
    expect(among(filters, changed)).toEqual(filters);
  });
});

it('asks the norms of backbone and head apart', () => {
  const { parameters, changed } = step(tableOf('deeplabv3plus'), { norm: 'frozen', headNorm: 'batch' });
  const norms = names(parameters, 'scale', 'shift', 'statistic');
  const head = norms.filter((name) => !name.startsWith('backbone.'));
  expect(head.length).toBeGreaterThan(0);
  expect(among(norms, changed)).toEqual(head);
});

it('leaves what PSA never trains as it is, and trains it when asked to', () => {
  const frozen = /^(?:conv1a|b2(?:_\d)?)\..*/;
  const table: NetworkTable = { ...tableOf('resnet38d-cam'), frozen };
  const { parameters, changed } = step(table, { norm: 'frozen-statistics' });
  const learning = names(parameters, 'weight', 'scale', 'shift');
  expect(learning.some((name) => frozen.test(name))).toBe(true);
  expect(among(learning, changed)).toEqual(learning.filter((name) => !frozen.test(name)));
  expect(among(learning, step(table, { norm: 'frozen-statistics', trainAll: true }).changed)).toEqual(learning);
});
