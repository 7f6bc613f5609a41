import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openWeights } from './open-weights.ts';
import { readWeights } from './read-weights.ts';

/** Files by PyTorch, NumPy and safetensors themselves, and by the layouts of MXNet and TensorFlow.js: see generate.py there. */
const path = (name: string): string => fileURLToPath(new URL(`../../../../tests/fixtures/weight-files/${name}`, import.meta.url));
const expected = z
  .record(z.string(), z.record(z.string(), z.object({ type: z.string(), shape: z.array(z.int()), hex: z.string() })))
  .parse(JSON.parse(readFileSync(path('expected.json'), 'utf8')));

describe('read back bit for bit', () => {
  it.each(Object.keys(expected))('%s', (name) => {
    using opened = openWeights(path(name));
    const found = Object.fromEntries([...opened.tensors].map(([key, { type, shape }]) => [key, { type, shape, hex: Buffer.from(opened.tensors.get(key)?.bytes() ?? []).toString('hex') }]));
    expect(found).toEqual(expected[name]);
  });
});

describe('MXNet files of ResNet-38', () => {
  it('come under the names of the reference, without the ImageNet classifier', () => {
    const tensors = readWeights(path('resnet38-v2.params'));
    expect([...tensors.keys()].sort()).toEqual([
      'b2.bn_branch2a.bias',
      'b2.bn_branch2a.running_mean',
      'b2.bn_branch2a.running_var',
      'b2.bn_branch2a.weight',
      'b2.conv_branch1.weight',
      'b2.conv_branch2a.weight',
      'b5_1.conv_branch2b1.weight',
      'bn7.running_var',
      'bn7.weight',
      'conv1a.weight',
    ]);
    expect(tensors.get('b2.conv_branch1.weight')?.shape).toEqual([2, 4, 1, 1]);
  });

  it('other networks keep their own', () => {
    expect([...readWeights(path('mixed.params')).keys()]).toEqual(['f8', 'f2', 'u1', 'i4', 'i8']);
  });
});
