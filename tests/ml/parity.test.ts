import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { compare, outsideTolerance } from '../../scripts/parity/compare.ts';
import { readReference } from '../../scripts/parity/reference-file.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';

// Small networks of every family, built from the same tables as the full ones: fixtures/parity/generate.py.
const FIXTURES = join(import.meta.dirname, '../fixtures/parity');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.safetensors'));
/**
 * SwiftShader compiles a program for every shape: a ResNet in whole, and what else is quick without training. `npm run parity -- --backend webgpu`
 * compares them all; operations and layers are compared on it in engine-matrix.test.ts.
 */
const ON_WEBGPU = ['resnet.safetensors', 'resnet38d-cam.safetensors', 'vgg16-cam.safetensors', 'vit.safetensors'];
const webgpuTrouble = engineTrouble('webgpu');

describe.each(['native', 'webgpu'] as const)('on %s', (id) => {
  if (id === 'webgpu' && webgpuTrouble !== null) {
    it.skip(`skipped: ${webgpuTrouble}`);
    return;
  }

  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine(id);
  });

  it.each(id === 'webgpu' ? files.filter((file) => ON_WEBGPU.includes(file)) : files)('computes %s as PyTorch does: every tap, the logits, the gradients', async (file) => {
    const reference = readReference(join(FIXTURES, file));
    const before = backend.tf.memory().numTensors;
    const modes = id === 'webgpu' && file !== 'resnet.safetensors' ? (['eval'] as const) : reference.case.modes;
    const rows = await compare(backend, reference, modes);
    expect(outsideTolerance(rows)).toEqual([]);
    expect(rows.filter(({ kind }) => kind === 'tap').length).toBeGreaterThan(3);
    expect(rows.filter(({ end }) => end)).toHaveLength(2 * modes.length);
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
    // A busy machine needs minutes to compile SwiftShader's programs.
  }, 600_000);
});
