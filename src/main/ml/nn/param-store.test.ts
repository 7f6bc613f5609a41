import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensors } from './host-tensor.ts';
import { ParamStore } from './param-store.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A CAM head of two classes on three channels. */
function head(): ParamStore {
  const store = new ParamStore(tf);
  const common = { role: 'weight', group: 'head', trainable: true } as const;
  store.declare({ ...common, name: 'fc8.weight', shape: [1, 1, 3, 2], layout: 'convolution', initial: () => new Float32Array(6).fill(7) });
  store.declare({ ...common, name: 'bn.running_var', role: 'statistic', shape: [3], layout: 'vector', initial: () => new Float32Array(3).fill(7) });
  store.declare({ ...common, name: 'bn.weight', shape: [3], layout: 'vector', initial: () => new Float32Array(3).fill(7) });
  return store;
}

const tensors = (change: Record<string, { shape: number[]; values: Float32Array }> = {}): HostTensors =>
  new Map(Object.entries({ 'fc8.weight': { shape: [2, 3, 1, 1], values: new Float32Array(6) }, 'bn.running_var': { shape: [3], values: new Float32Array(3) }, 'bn.weight': { shape: [3], values: new Float32Array(3) }, ...change }));

describe('loading', () => {
  it.each<[string, HostTensors, string, RegExp]>([
    ['another count of classes', tensors({ 'fc8.weight': { shape: [20, 3, 1, 1], values: new Float32Array(60) } }), 'WEIGHTS_MISMATCH', /fc8\.weight is \(20, 3, 1, 1\), expected \(2, 3, 1, 1\)/],
    ['another network', new Map([['layer1.0.conv1.weight', { shape: [3], values: new Float32Array(3) }]]), 'WEIGHTS_MISMATCH', /missing: fc8\.weight, bn\.running_var, bn\.weight; not of this network: layer1\.0\.conv1\.weight/],
    ['NaN', tensors({ 'bn.weight': { shape: [3], values: Float32Array.of(0, NaN, 1) } }), 'WEIGHTS_MALFORMED', /bn\.weight holds NaN at position 1; expected finite numbers/],
    ['infinity', tensors({ 'bn.weight': { shape: [3], values: Float32Array.of(0, 1, -Infinity) } }), 'WEIGHTS_MALFORMED', /bn\.weight holds -Infinity at position 2/],
    ['a negative variance', tensors({ 'bn.running_var': { shape: [3], values: Float32Array.of(1, 0, -0.5) } }), 'WEIGHTS_MALFORMED', /bn\.running_var, a variance, holds -0\.5 at position 2; expected numbers from 0/],
  ])('%s is refused with file, key, expected and found, and nothing is taken', async (_, file, code, message) => {
    const store = head();
    expect(() => store.load(file, { source: 'psa.pth' })).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as unknown }));
    expect(() => store.load(file, { source: 'psa.pth' })).toThrow('psa.pth');
    for (const { values } of (await store.export()).values()) expect(values.every((value) => value === 7)).toBe(true);
    store.dispose();
  });
});
