import { readFileSync } from 'node:fs';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { ConvSpec } from '#main/ml/backend/ops.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import type { HostTensor } from '#main/ml/nn/host-tensor.ts';
import { fromReference } from '#main/ml/nn/layout.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { sgd } from '#main/ml/optim/sgd.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';
import { channelsLast, deviation, Packed } from '../support/torch-tensors.ts';

// Every number here comes from PyTorch: fixtures/torch-operations/generate.py.
const activation = z.enum(['linear', 'relu', 'relu6']);
const reference = z
  .object({
    convolutions: z.array(
      z.object({
        kind: z.enum(['dense', 'depthwise']),
        stride: z.int(),
        dilation: z.int(),
        pad: z.enum(['same', 'valid']),
        activation,
        x: Packed,
        filter: Packed,
        bias: Packed.nullable(),
        y: Packed,
        dy: Packed,
        dx: Packed,
        dfilter: Packed,
        dbias: Packed.nullable(),
      }),
    ),
    batchNorms: z.array(
      z.object({
        activation,
        momentum: z.number(),
        epsilon: z.number(),
        x: Packed,
        gamma: Packed,
        beta: Packed,
        meanBefore: Packed,
        varianceBefore: Packed,
        meanAfter: Packed,
        varianceAfter: Packed,
        y: Packed,
        dy: Packed,
        dx: Packed,
        dgamma: Packed,
        dbeta: Packed,
      }),
    ),
    resizes: z.array(
      z.object({ alignCorners: z.boolean(), size: z.tuple([z.int(), z.int()]), x: Packed, y: Packed, dy: Packed, dx: Packed }),
    ),
    softMargin: z.object({ logits: Packed, tags: Packed, loss: z.number(), dlogits: Packed }),
    crossEntropy: z.object({ logits: Packed, labels: z.array(z.int()), loss: z.number(), dlogits: Packed }),
    sgd: z.array(
      z.object({
        momentum: z.number(),
        nesterov: z.boolean(),
        weightDecay: z.number(),
        start: Packed,
        steps: z.array(z.object({ learningRate: z.number(), gradient: Packed, weight: Packed })),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/torch-operations/operations.json', import.meta.url), 'utf8')));

const webgpuTrouble = engineTrouble('webgpu');
const TOLERANCE = 2e-5;

describe.each(['native', 'cpu', 'webgpu'] as const)('on %s', (id) => {
  if (id === 'webgpu' && webgpuTrouble !== null) {
    it.skip(`skipped: ${webgpuTrouble}`);
    return;
  }

  let backend: TensorBackend;
  beforeAll(async () => {
    backend = await useEngine(id);
  });

  function upload({ shape, values }: HostTensor): Tensor {
    return backend.tf.tensor(values, [...shape], 'float32');
  }

  /** Runs `body`, which must free all it makes. */
  async function owning(body: () => Promise<void>): Promise<void> {
    const before = backend.tf.memory().numTensors;
    await body();
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  }

  async function expectClose(found: Tensor | undefined, expected: HostTensor, what: string): Promise<void> {
    expect(found?.shape, `${what}: shape`).toEqual(expected.shape);
    expect(deviation((await found?.data()) ?? [], expected.values), what).toBeLessThan(TOLERANCE);
  }

  /** Value and input gradients of f, given the gradient of its result. */
  function differentiate(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], dy: Tensor): { value: Tensor; grads: Tensor[] } {
    const { tf } = backend;
    const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) => f(...tensors))(inputs, dy);
    return { value, grads };
  }

  const convolutionCases = reference.convolutions.map((sample) => ({
    name: [
      `${sample.kind} ${sample.filter.shape.slice(2).join('x')} on ${sample.x.shape.slice(2).join('x')}`,
      `stride ${sample.stride} dilation ${sample.dilation} ${sample.pad} ${sample.activation}`,
      sample.bias === null ? 'without bias' : 'with bias',
    ].join(' '),
    sample,
  }));

  it.each(convolutionCases)('convolves $name as torch, gradients too', async ({ sample }) => {
    await owning(async () => {
      const { tf, ops } = backend;
      const layout = sample.kind === 'dense' ? 'convolution' : 'depthwise';
      const spec: ConvSpec = {
        kind: sample.kind,
        stride: sample.stride,
        dilation: sample.dilation,
        pad: sample.pad,
        activation: sample.activation,
      };
      const inputs = [upload(channelsLast(sample.x)), upload(fromReference(sample.filter, layout))];
      if (sample.bias !== null) inputs.push(upload(sample.bias));
      const dy = upload(channelsLast(sample.dy));
      const f = (x: Tensor, filter: Tensor, bias?: Tensor) =>
        ops.convolve(x as Tensor4D, filter as Tensor4D, (bias ?? null) as Tensor1D | null, spec);
      const { value, grads } = differentiate(f, inputs, dy);
      await expectClose(value, channelsLast(sample.y), 'result');
      await expectClose(grads[0], channelsLast(sample.dx), 'gradient of the input');
      await expectClose(grads[1], fromReference(sample.dfilter, layout), 'gradient of the filter');
      if (sample.dbias !== null) await expectClose(grads[2], sample.dbias, 'gradient of the bias');
      tf.dispose([...inputs, dy, value, ...grads]);
    });
  });

  it.each(reference.batchNorms)('normalises a batch as torch with $activation, running moments and gradients too', async (sample) => {
    await owning(async () => {
      const { tf, ops } = backend;
      const inputs = [upload(channelsLast(sample.x)), upload(sample.gamma), upload(sample.beta)];
      const dy = upload(channelsLast(sample.dy));
      const running = tf.tidy(() => ({
        mean: tf.variable(upload(sample.meanBefore)),
        variance: tf.variable(upload(sample.varianceBefore)),
      }));
      const blend = (old: Tensor, fresh: Tensor) => tf.add(tf.mul(old, 1 - sample.momentum), tf.mul(fresh, sample.momentum));
      const f = (x: Tensor, gamma: Tensor, beta: Tensor) =>
        ops.batchNormTraining(
          x as Tensor4D,
          gamma as Tensor1D,
          beta as Tensor1D,
          sample.epsilon,
          sample.activation,
          ({ mean, variance }) => {
            running.mean.assign(blend(running.mean, mean));
            running.variance.assign(blend(running.variance, variance));
          },
        );
      const { value, grads } = differentiate(f, inputs, dy);
      await expectClose(value, channelsLast(sample.y), 'result');
      await expectClose(running.mean, sample.meanAfter, 'running mean');
      await expectClose(running.variance, sample.varianceAfter, 'running variance');
      await expectClose(grads[0], channelsLast(sample.dx), 'gradient of the input');
      await expectClose(grads[1], sample.dgamma, 'gradient of gamma');
      await expectClose(grads[2], sample.dbeta, 'gradient of beta');
      tf.dispose([...inputs, dy, value, ...grads, running.mean, running.variance]);
    });
  });

  it.each(reference.resizes)('resizes $x.shape to $size as torch, align_corners $alignCorners, gradient too', async (sample) => {
    await owning(async () => {
      const { tf, ops } = backend;
      const x = upload(channelsLast(sample.x));
      const dy = upload(channelsLast(sample.dy));
      const { value, grads } = differentiate((input) => ops.resizeBilinear(input as Tensor4D, sample.size, sample.alignCorners), [x], dy);
      await expectClose(value, channelsLast(sample.y), 'result');
      await expectClose(grads[0], channelsLast(sample.dx), 'gradient');
      tf.dispose([x, dy, value, ...grads]);
    });
  });

  it('computes the multi-label soft margin loss as torch, at extreme logits too', async () => {
    const { logits, tags, loss, dlogits } = reference.softMargin;
    await owning(async () => {
      const { tf } = backend;
      const [z, y, one] = [upload(logits), upload(tags), tf.scalar(1)];
      const { value, grads } = differentiate((scores) => multiLabelSoftMargin(tf, scores as never, y as never), [z], one);
      expect((await value.data())[0]).toBeCloseTo(loss, 5);
      await expectClose(grads[0], dlogits, 'gradient');
      tf.dispose([z, y, one, value, ...grads]);
    });
  });

  it('computes the cross-entropy of pixels as torch, leaving out 255', async () => {
    const { logits, labels, loss, dlogits } = reference.crossEntropy;
    await owning(async () => {
      const { tf } = backend;
      const [z, one] = [upload(channelsLast(logits)), tf.scalar(1)];
      const { value, grads } = differentiate((scores) => pixelCrossEntropy(backend, scores as Tensor4D, Uint8Array.from(labels)), [z], one);
      expect((await value.data())[0]).toBeCloseTo(loss, 5);
      await expectClose(grads[0], channelsLast(dlogits), 'gradient');
      tf.dispose([z, one, value, ...grads]);
    });
  });

  it('gives 0 and no gradient where every pixel is 255, and refuses a label that is no class', async () => {
    const { tf } = backend;
    await owning(async () => {
      const [z, one] = [tf.ones([1, 2, 2, 3]), tf.scalar(1)];
      const { value, grads } = differentiate((scores) => pixelCrossEntropy(backend, scores as Tensor4D, new Uint8Array(4).fill(255)), [z], one);
      expect([...(await value.data()), ...((await grads[0]?.data()) ?? [])].every((number) => number === 0)).toBe(true);
      tf.dispose([z, one, value, ...grads]);
    });
    expect(() => tf.tidy(() => pixelCrossEntropy(backend, tf.ones([1, 1, 2, 3]), Uint8Array.of(0, 3)))).toThrow(/label 3 at pixel 1/);
  });

  it.each(reference.sgd)('steps as torch.optim.SGD: momentum $momentum, Nesterov $nesterov, decay $weightDecay', async (sample) => {
    await owning(async () => {
      const { tf } = backend;
      const parameters = new ParamStore(tf);
      parameters.declare({
        name: 'w',
        shape: sample.start.shape,
        layout: 'vector',
        role: 'weight',
        group: 'head',
        trainable: true,
        initial: () => sample.start.values,
      });
      const make = () =>
        sgd(tf, parameters.trainable(), {
          momentum: sample.momentum,
          nesterov: sample.nesterov,
          weightDecay: () => sample.weightDecay,
          multiplier: () => 2,
        });
      let optimiser = make();
      for (const { learningRate, gradient, weight } of sample.steps) {
        const g = upload(gradient);
        // The multiplier of 2 halves the rate that torch was given.
        optimiser.step(new Map([['w', g]]), learningRate / 2);
        g.dispose();
        await expectClose(parameters.get('w').variable, weight, `weight after ${learningRate}`);
        // Slots go through the host and into a new optimiser after every step, as in a resumed run.
        const slots = await optimiser.state();
        optimiser.dispose();
        optimiser = make();
        optimiser.restore(slots);
      }
      optimiser.dispose();
      parameters.dispose();
    });
  });
});
