import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { forward } from '#main/ml/nn/networks/forward.ts';
import { loadedModel } from '#main/ml/nn/networks/loaded-model.ts';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';
import { readNamedWeights } from '#main/ml/weights/read-weights.ts';
import { plainValue } from '../../scripts/parity/values.ts';
import { useEngine } from '../support/engines.ts';

// Small networks as torchvision, timm and MXNet write them: fixtures/source-layouts/generate.py.
const at = (name: string): string => path.join(import.meta.dirname, '../fixtures/source-layouts', name);
const Ends = z.tuple([z.array(z.int()), z.number(), z.number()]);
const expected = z
  .record(z.string(), z.object({ tensors: z.record(z.string(), Ends), leftOut: z.array(z.string()), logits: z.array(z.number()).optional() }))
  .parse(JSON.parse(readFileSync(at('expected.json'), 'utf8')));

const entryOf = (table: NetworkTable, classes: number): NetworkEntry => ({ title: 'small', reference: 'none', input: 'imagenet', classes, table });
const psaHead = { kind: 'cam', name: 'fc8', dropout: 0.5 } as const;
const VGG = entryOf({ backbone: { family: 'vgg16', table: { width: 2 } }, head: psaHead, prefix: '', outputStride: 8 }, 5);
const resnet38 = { family: 'resnet38d', table: { stem: 1, blocks: [2, 1, 2, 1] } } as const;
const LITE = entryOf({ backbone: { family: 'efficientnet-lite', table: { width: 0.1, depth: 1.1 } }, head: { kind: 'classification', name: '_fc' }, prefix: '', outputStride: 32 }, 3);

const CASES: readonly [string, string, NetworkEntry, readonly string[]][] = [
  ['vgg16-torchvision.pth', 'torchvision’s VGG-16', VGG, ['fc6', 'fc7', 'head']],
  ['resnet38-mxnet.params', 'MXNet’s ResNet-38', entryOf({ backbone: resnet38, head: psaHead, prefix: '', outputStride: 8 }, 5), ['head']],
  ['resnet38-mxnet.params', 'MXNet’s ResNet-38', entryOf({ backbone: resnet38, head: { kind: 'resnet38-segmentation' }, prefix: '', outputStride: 8 }, 5), ['head']],
  ['lite-timm.pth', 'timm’s EfficientNet-Lite', LITE, []],
];

describe.each(CASES)('%s, %s', (file, title, entry, missing) => {
  const weights = readNamedWeights(at(file));
  const request = { entry, classes: entry.classes, weights: weights.tensors, source: file, taps: [] };

  it('comes under the reference’s names, every tensor in its place, and names what is left out', () => {
    expect(weights.layout?.title).toBe(title);
    const ends = [...weights.tensors].map(([name, { shape, values }]) => [name, [[...shape], values[0], values.at(-1)]]);
    expect(Object.fromEntries(ends)).toEqual(expected[file]?.tensors);
    expect([...weights.leftOut.keys()]).toEqual(expected[file]?.leftOut);
  });

  it('loads into the network, with what it lacks allowed by name and no less', async () => {
    const backend = await useEngine('native');
    const before = backend.tf.memory().numTensors;
    const model = loadedModel(backend, { ...request, allowMissing: missing });
    const lacking = model.initial.map((name) => name.replace(/\.[^.]+$/, ''));
    const declared = model.parameters.list().map(({ name }) => name);
    expect(new Set([...weights.tensors.keys()].filter((name) => !name.endsWith('num_batches_tracked')))).toEqual(new Set(declared.filter((name) => !model.initial.includes(name))));
    model.parameters.dispose();
    if (missing.length === 0) expect(lacking).toEqual([]);
    for (const part of missing) {
      const others = missing.filter((other) => other !== part);
      expect(() => loadedModel(backend, { ...request, allowMissing: others })).toThrow(/missing: f(?:c6|c7|c8)/);
    }
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  });
});

it('says how to allow what is missing, and refuses parts that are none and files that hold a part by halves', async () => {
  const backend = await useEngine('native');
  const { tensors } = readNamedWeights(at('vgg16-torchvision.pth'));
  const request = { entry: VGG, classes: 5, weights: tensors, source: 'vgg', taps: [] };
  expect(() => loadedModel(backend, request)).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISMATCH', remedy: expect.stringContaining('--allow-missing fc6,fc7,head') as unknown }));
  expect(() => loadedModel(backend, { ...request, allowMissing: ['fc9'] })).toThrow(/no part named fc9/);
  const half = new Map([...tensors, ['fc6.bias', { shape: [32], values: new Float32Array(32) }]]);
  const byHalves = { message: expect.stringMatching(/missing: fc6\.weight/) as unknown, remedy: expect.not.stringContaining('--allow-missing') as unknown };
  expect(() => loadedModel(backend, { ...request, weights: half, allowMissing: ['fc6', 'fc7', 'head'] })).toThrow(expect.objectContaining(byHalves));
});

it('computes what timm does from timm’s file', async () => {
  const { tensors: weights } = readNamedWeights(at('lite-timm.pth'));
  const { results } = await forward(await useEngine('native'), { entry: LITE, classes: 3, weights, source: 'timm', taps: [], input: plainValue('input', [1, 3, 33, 40]) });
  const logits = expected['lite-timm.pth']?.logits ?? [];
  const largest = Math.max(...logits.map(Math.abs));
  const found = [...(results.get('logits')?.values ?? [])];
  expect(found).toHaveLength(logits.length);
  for (const [i, value] of found.entries()) expect(Math.abs(value - (logits[i] ?? Number.NaN)) / largest).toBeLessThan(1e-4);
});
