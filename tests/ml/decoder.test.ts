import { readFileSync } from 'node:fs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { gradients } from '#main/ml/nn/gradients.ts';
import { deepLabV3Plus } from '#main/ml/nn/heads/deeplab-v3plus.ts';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { fromReference } from '#main/ml/nn/layout.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { useEngine } from '../support/engines.ts';
import { channelsLast, deviation, Packed } from '../support/torch-tensors.ts';

// A decoder of the same shape in PyTorch: fixtures/torch-decoder/generate.py.
const reference = z
  .object({
    shape: z.object({ inputs: z.int(), lowLevelInputs: z.int(), channels: z.int(), lowLevelChannels: z.int(), classes: z.int() }),
    weights: z.record(z.string(), Packed),
    deep: Packed,
    low: Packed,
    labels: z.array(z.int()),
    inference: Packed,
    training: Packed,
    loss: z.number(),
    ddeep: Packed,
    gradients: z.record(z.string(), Packed),
    runningAfter: z.record(z.string(), Packed),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/torch-decoder/decoder.json', import.meta.url), 'utf8')));

const TOLERANCE = 1e-4;

describe.each(['native', 'cpu'] as const)('DeepLabV3+ on %s', (id) => {
  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine(id);
  });

  function loaded() {
    const { tf } = backend;
    const parameters = new ParamStore(tf);
    const decoder = deepLabV3Plus({ backend, parameters }, { ...reference.shape, convolutions: 'separable', outputStride: 16, dropout: 0, random: randomFor(1) });
    const report = parameters.load(new Map(Object.entries(reference.weights)), { source: 'decoder.json' });
    expect(report).toEqual({ missing: [], unused: [] });
    const upload = (packed: z.output<typeof Packed>): Tensor4D =>
      tf.tensor4d(channelsLast(packed).values, channelsLast(packed).shape as [number, number, number, number]);
    return { parameters, decoder, deep: upload(reference.deep), low: upload(reference.low) };
  }

  function expectClose(found: Tensor | undefined, values: Float32Array, what: string): void {
    expect(deviation(found?.dataSync() ?? [], values), what).toBeLessThan(TOLERANCE);
  }

  it('infers what torch infers, with the norms folded into the filters', () => {
    const before = backend.tf.memory().numTensors;
    const { parameters, decoder, deep, low } = loaded();
    backend.tf.tidy(() => {
      const logits = decoder(deep, low, INFERENCE);
      expect(logits.shape).toEqual([3, 15, 13, 3]);
      expectClose(logits, channelsLast(reference.inference).values, 'logits');
    });
    parameters.dispose();
    backend.tf.dispose([deep, low]);
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('trains as torch trains: logits, loss, every gradient, running moments', () => {
    const before = backend.tf.memory().numTensors;
    const { parameters, decoder, deep, low } = loaded();
    const found = gradients(backend.tf, parameters.trainable(), () => {
      const logits = decoder(deep, low, { random: randomFor(1) });
      expectClose(logits, channelsLast(reference.training).values, 'logits');
      return pixelCrossEntropy(backend, logits, Uint8Array.from(reference.labels));
    });
    expect(found.loss.dataSync()[0]).toBeCloseTo(reference.loss, 4);
    expect([...found.byName.keys()].sort()).toEqual(Object.keys(reference.gradients).sort());
    for (const [name, gradient] of found.byName) {
      const expected = reference.gradients[name];
      if (expected === undefined) throw new Error(name);
      expectClose(gradient, fromReference(expected, parameters.get(name).layout).values, `gradient of ${name}`);
    }
    for (const [name, moments] of Object.entries(reference.runningAfter)) expectClose(parameters.get(name).variable, moments.values, name);
    found.dispose();
    parameters.dispose();
    backend.tf.dispose([deep, low]);
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});
