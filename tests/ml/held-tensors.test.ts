import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { collecting, INFERENCE, sequence, tapped, type Layer } from '#main/ml/nn/network.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { useEngine } from '../support/engines.ts';

// What networks hold while they run, and what their weights hold before.

let backend: TensorBackend;
beforeAll(async () => {
  backend = await useEngine('native');
});

/** Adds one, and notes how many tensors there are meanwhile. */
function counting(counts: number[]): Layer {
  return (x) => {
    const y = backend.tf.add<Tensor4D>(x, 1);
    counts.push(backend.tf.memory().numTensors);
    return y;
  };
}

it('holds no more the deeper a sequence is', () => {
  const { tf } = backend;
  const counts: number[] = [];
  tf.tidy(() => {
    const x = tf.zeros<Tensor4D['rankType']>([1, 1, 1, 1]);
    const deep = sequence(tf, Array.from({ length: 6 }, () => counting(counts)));
    expect(deep(x, INFERENCE).dataSync()[0]).toBe(6);
    // The caller's own stays.
    expect(x.dataSync()[0]).toBe(0);
  });
  expect(new Set(counts.slice(1)).size, counts.join()).toBe(1);
});

it('holds taps that are read, and lets the others go', () => {
  const { tf } = backend;
  const taps = ['a', 'b', 'c', 'd'];
  const run = (names: readonly string[]): { values: number[]; held: number } =>
    tf.tidy(() => {
      const x = tf.zeros<Tensor4D['rankType']>([1, 1, 1, 1]);
      const before = tf.memory().numTensors;
      const layers = sequence(tf, taps.map((name) => tapped(name, sequence(tf, [counting([]), counting([])]))));
      const found = collecting(INFERENCE, names, (pass) => void layers(x, pass));
      const held = tf.memory().numTensors - before;
      return { values: names.map((name) => (found.get(name) as Tensor).dataSync()[0] ?? Number.NaN), held };
    });
  expect(run(['d'])).toEqual({ values: [8], held: 1 });
  expect(run(['b', 'd'])).toEqual({ values: [4, 8], held: 2 });
  expect(run(taps)).toEqual({ values: [2, 4, 6, 8], held: 4 });
});

it('keeps no array beside a weight that the engine holds', () => {
  const { tf } = backend;
  const store = new ParamStore(tf);
  const { variable } = store.declare({
    name: 'fc.weight',
    shape: [2, 3],
    layout: 'linear',
    role: 'weight',
    group: 'head',
    trainable: true,
    initial: () => new Float32Array(6),
  });
  const held = (): unknown => (tf.backend() as unknown as { tensorMap: { get(id: object): { values: unknown } } }).tensorMap.get(variable.dataId).values;
  expect(held()).toBeNull();
  store.load(new Map([['fc.weight', { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) }]]), { source: 'a test' });
  expect(held()).toBeNull();
  expect([...variable.dataSync()]).toEqual([1, 3, 5, 2, 4, 6]);
  store.dispose();
});
