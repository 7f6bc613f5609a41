import { describe, expect, it } from 'vitest';
import { stageError } from '#main/ml/pipeline/failure.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';

/** Rows and columns of a matrix beyond every address space, so that no system lends it on trust: 400 TB. */
const ABSURD = 1e7;
/** The same beyond what WebGPU has in one buffer, but not beyond how many programs it starts at once: 4 TB. */
const BEYOND_DEVICES = 1e6;

/** The error that a stage ends with when this is thrown in it. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  const thrown: unknown = await work().then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  return stageError(thrown, 'model', 'Train', { config: { batchSize: 16 }, backend: null });
}

describe('native', () => {
  it('reports memory that cannot be had, and works on afterwards', async () => {
    const { tf } = await useEngine('native');
    const before = tf.memory().numTensors;
    const error = await outcome(() => Promise.resolve().then(() => tf.tidy(() => tf.matMul(tf.ones([ABSURD, 1]), tf.ones([1, ABSURD])).dataSync())));
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', remedy: expect.stringContaining('model.batchSize (now 16)') as unknown });
    expect(tf.tidy(() => tf.sum(tf.ones([3])).dataSync()[0])).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
  });
});

const trouble = engineTrouble('webgpu');

describe('webgpu', () => {
  if (trouble !== null) {
    it.skip(`skipped: ${trouble}`);
    return;
  }

  it.each([1, 7, 8, 13, 14, 40])('adds up %i tensors, which may be more than a program can bind', async (count) => {
    const { tf } = await useEngine('webgpu');
    const before = tf.memory().numTensors;
    const terms = Array.from({ length: count }, (_, at) => tf.fill([2, 3], 2 ** (at % 20)));
    const sum = tf.addN(terms);
    expect([...(await sum.data())]).toEqual(new Array(6).fill(terms.reduce((total, _, at) => total + 2 ** (at % 20), 0)));
    tf.dispose([sum, ...terms]);
    expect(tf.memory().numTensors).toBe(before);
  });

  // The last one: nothing is read from this engine any more.
  it('gives no number out once it refused a call, and says what it refused', async () => {
    const { tf } = await useEngine('webgpu');
    const innocent = tf.add(tf.ones([3]), tf.ones([3]));
    const error = await outcome(async () => {
      await tf.matMul(tf.ones([BEYOND_DEVICES, 1]), tf.ones([1, BEYOND_DEVICES])).data();
    });
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('exceeds the max') as unknown });
    await expect(innocent.data()).rejects.toThrow('WebGPU refused a call');
  });
});
