import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { TensorBackend } from '../../backend/backend.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';
import { referenceShape } from '../layout.ts';
import { randomFor } from '../../random/random.ts';
import { buildNetwork } from './build.ts';
import { NETWORKS, type NetworkEntry } from './catalogue.ts';
import { loadedModel } from './loaded-model.ts';

// What PyTorch's state dicts of the references hold, and which keys share a storage: fixtures/kept-twice/generate.py.
const keys = z
  .record(z.string(), z.record(z.string(), z.string()))
  .parse(JSON.parse(readFileSync(new URL('../../../../../tests/fixtures/kept-twice/keys.json', import.meta.url), 'utf8')));

// Building and loading need no operations.
const backend = { tf, ops: {} } as unknown as TensorBackend;
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const TABLE = { stem: 4, width: 4, blocks: [1, 2, 1, 1] } as const;

/** The catalogue's entry with a small backbone. */
function small(id: string): NetworkEntry {
  const entry = NETWORKS.get(id);
  if (entry?.table.backbone.family !== 'resnet') throw new Error(`${id} is no ResNet`);
  return { ...entry, table: { ...entry.table, backbone: { ...entry.table.backbone, table: TABLE } } };
}

describe.each([
  ['resnet50-cam', 'irn', 'backbone.2.0.0.conv1.weight', 'resnet50.layer3.0.conv1.weight'],
  ['resnet50-puzzle-cam', 'puzzle', 'stage4.0.0.conv1.weight', 'model.layer3.0.conv1.weight'],
])('%s from a file with every key of its reference', (id, reference, copy, original) => {
  const entry = small(id);
  const named = keys[reference] ?? {};
  const originals = Object.entries(named).filter(([key, first]) => key === first);

  function file(change: Readonly<Record<string, HostTensor>> = {}): Map<string, HostTensor> {
    const { parameters } = buildNetwork(backend, entry.table, { classes: 20, norm: 'frozen', random: randomFor(1) });
    const shapes = new Map(parameters.list().map(({ name, shape, layout }) => [name, referenceShape(shape, layout)]));
    parameters.dispose();
    const make = (name: string, place: number): HostTensor => {
      const shape = shapes.get(name) ?? [];
      return { shape, values: new Float32Array(elementCount(shape)).fill(place + 0.5) };
    };
    const places = new Map(originals.map(([key], place) => [key, place]));
    return new Map([...Object.entries(named).map(([key, first]): [string, HostTensor] => [key, make(first, places.get(first) ?? 0)]), ...Object.entries(change)]);
  }
  const load = (weights: Map<string, HostTensor>) => loadedModel(backend, { entry, classes: 20, weights, source: 'published.pth', taps: [] });

  it('loads, and counts the copies', () => {
    const model = load(file());
    expect(model.copies).toBe(Object.keys(named).length - originals.length);
    expect(model.copies).toBeGreaterThan(100);
    model.parameters.dispose();
  });

  it.each<[string, (tensor: HostTensor) => HostTensor, string]>([
    ['value', ({ shape, values }) => ({ shape, values: values.map((value, i) => (i === 3 ? -9 : value)) }), '-9 at position 3'],
    ['shape', ({ values }) => ({ shape: [values.length], values }), 'the shape ('],
  ])('refuses a copy of another %s by name, and leaves no tensors', (_, change, message) => {
    const whole = file();
    const tensor = whole.get(copy);
    if (tensor === undefined) throw new Error(`no ${copy}`);
    const before = tf.memory().numTensors;
    expect(() => load(whole.set(copy, change(tensor)))).toThrow(`${copy} holds ${message}`);
    expect(() => load(whole)).toThrow(original);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what looks like a copy and is of nothing', () => {
    const stray = { shape: [1], values: Float32Array.of(1) };
    for (const key of ['stage2.9.weight', 'stage9.0.weight', 'stage3.0.7.conv1.weight'])
      expect(() => load(file({ [key]: stray }))).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISMATCH', message: expect.stringContaining(`not of this network: ${key}`) as unknown }));
  });
});
