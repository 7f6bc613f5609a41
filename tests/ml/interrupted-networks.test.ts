import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { SamplePool } from '#main/ml/data/sample-pool.ts';
import { interrupted, SPECIMENS, unbroken } from '../support/interrupted-runs.ts';
import { useEngine } from '../support/engines.ts';

/** PENUMBRA_INTERRUPTIONS=20 runs the long form of docs/performance.md. */
const INTERRUPTIONS = Number(process.env['PENUMBRA_INTERRUPTIONS'] ?? '3');
const STEPS = Math.max(8, 2 * INTERRUPTIONS);
/** A few seconds each; the long form, on a busy machine, minutes. */
const LIMIT_MS = 1_200_000;

describe(`stopped at ${INTERRUPTIONS} random steps of ${STEPS} and resumed, each bit is that of the unbroken run`, () => {
  let backend: TensorBackend;
  let pool: SamplePool;
  beforeAll(async () => {
    backend = await useEngine('native');
    pool = new SamplePool();
  });
  afterAll(() => pool.close());

  it.each(SPECIMENS)('$name', async (specimen) => {
    const before = backend.tf.memory().numTensors;
    const trial = { backend, pool, specimen, steps: STEPS };
    const whole = await unbroken(trial);
    expect(await interrupted(trial, INTERRUPTIONS)).toBe(whole);
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  }, LIMIT_MS);
});
