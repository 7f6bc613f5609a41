import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { plainValue } from '../../scripts/parity/values.ts';
import type { Case } from '../support/engine-matrix/case.ts';
import { LAYERS } from '../support/engine-matrix/layer-cases.ts';
import { LOSSES } from '../support/engine-matrix/loss-cases.ts';
import { OPERATIONS } from '../support/engine-matrix/operation-cases.ts';
import { Setting, type Result } from '../support/engine-matrix/setting.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';
import { deviation } from '../support/torch-tensors.ts';

/*
 * Every operation, layer and shared loss: gradients on each engine against finite differences of its own values, then values and gradients on WebGPU
 * against the native ones.
 */

const CASES = [...OPERATIONS, ...LAYERS, ...LOSSES];

const native = new Map<string, Result>();

/** What the case gives on this engine, its gradients held against finite differences; nothing is left behind. */
async function checkedResult(backend: TensorBackend, sample: Case): Promise<Result> {
  const before = backend.tf.memory().numTensors;
  const setting = new Setting(backend, sample);
  const result = await setting.result();
  // Piecewise linear cases must not cross to another piece, smooth ones may go far enough for float32 to tell.
  const step = sample.values === 'distinct' ? 1e-3 : 1e-2;
  for (const [name, gradient] of result.gradients) {
    const direction = plainValue(`direction ${name}`, [gradient.length]).values;
    const slope = await setting.slope(name, direction, step);
    const expected = gradient.reduce((sum, g, i) => sum + g * (direction[i] ?? 0), 0);
    const scale = Math.hypot(...gradient) * 0.6;
    expect(Math.abs(slope - expected), `${name}: slope ${slope}, by gradient ${expected}`).toBeLessThan(0.01 * Math.max(scale, Math.abs(expected)) + 2e-3);
  }
  setting.dispose();
  expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  return result;
}

describe('native against finite differences', () => {
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('native');
  });

  it.each(CASES)('$name', async (sample) => {
    native.set(sample.name, await checkedResult(backend, sample));
  });
});

const webgpuTrouble = engineTrouble('webgpu');

describe('webgpu against finite differences and against native', () => {
  if (webgpuTrouble !== null) {
    it.skip(`skipped: ${webgpuTrouble}`);
    return;
  }
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine('webgpu');
  });

  it.each(CASES)('$name', async (sample) => {
    const expected = native.get(sample.name);
    if (expected === undefined) throw new Error('the native engine gave no result to compare with');
    const found = await checkedResult(backend, sample);
    expect(found.shape).toEqual(expected.shape);
    expect(deviation(found.value, expected.value), 'value').toBeLessThan(1e-4);
    for (const [name, gradient] of expected.gradients) expect(deviation(found.gradients.get(name) ?? [], gradient), `gradient of ${name}`).toBeLessThan(1e-4);
  });
});
