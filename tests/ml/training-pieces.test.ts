import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { BatchItem } from '#main/ml/data/batches.ts';
import { absoluteDifference } from '#main/ml/losses/absolute-difference.ts';
import { binaryCrossEntropy } from '#main/ml/losses/binary-cross-entropy.ts';
import { gradients } from '#main/ml/nn/gradients.ts';
import type { HostTensor } from '#main/ml/nn/host-tensor.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { adamW } from '#main/ml/optim/adamw.ts';
import { clippedByNorm, clippedByValue } from '#main/ml/optim/clip.ts';
import { biasesTwice, headFaster } from '#main/ml/optim/groups.ts';
import type { Optimiser } from '#main/ml/optim/optimiser.ts';
import { sgd } from '#main/ml/optim/sgd.ts';
import { FrozenFeatures } from '#main/ml/train/frozen-features.ts';
import { networkLearner, type LearnerSettings } from '#main/ml/train/learner.ts';
import { atMilestones, constant, cosine, inSteps, poly, publishedPoly, warmUp, type Schedule } from '#main/ml/train/schedule.ts';
import { useEngine } from '../support/engines.ts';
import { testImageId } from '../support/stage-context.ts';
import { deviation, Packed } from '../support/torch-tensors.ts';

// tests/fixtures/training-pieces/generate.py: tanh(x w1 + b1) w2 + b2 against fixed targets, 24 steps.
const ScheduleOptions = z.object({
  kind: z.enum(['poly', 'steps', 'milestones', 'cosine']),
  power: z.number().default(0.9),
  every: z.int().default(1),
  over: z.int().optional(),
  everyEpochs: z.int().default(1),
  milestones: z.array(z.int()).default([]),
  factor: z.number().default(1),
  warmUpEpochs: z.number().default(0),
  warmUpFrom: z.number().default(0),
});
const Options = z.object({
  kind: z.enum(['sgd', 'psa', 'adamw']),
  momentum: z.number().default(0),
  nesterov: z.boolean().default(false),
  groups: z.enum(['head', 'none']).default('none'),
  headMultiplier: z.number().default(1),
  weightDecay: z.number().default(0),
  over: z.int().optional(),
  betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  epsilon: z.number().default(1e-8),
  clipNorm: z.number().default(0),
  clipValue: z.number().default(0),
  parts: z.int().default(1),
  averaging: z.number().default(0),
  schedule: ScheduleOptions.optional(),
});
type Options = z.output<typeof Options>;
const States = z.record(z.string(), z.record(z.string(), Packed));
const Reference = z.object({
  epoch: z.int(),
  x: Packed,
  target: Packed,
  start: z.record(z.string(), Packed),
  cases: z.array(z.object({ name: z.string(), options: Options, rates: z.array(z.number()), losses: z.array(z.number()), after: States, averages: States.optional() })),
  losses: z.array(z.object({ name: z.string(), a: Packed, b: Packed, loss: z.number(), da: Packed })),
});
const reference = Reference.parse(JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/training-pieces/pieces.json'), 'utf8')));
const { epoch: stepsPerEpoch } = reference;
/** Of numbers that went through 24 steps in float32 on both sides. */
const TOLERANCE = 2e-6;

let backend: TensorBackend;
let tensorsBefore = 0;
beforeAll(async () => {
  backend = await useEngine('native');
});
beforeEach(() => {
  tensorsBefore = backend.tf.memory().numTensors;
});
afterEach(() => {
  expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(tensorsBefore);
});

/** The parameters of the problem: the first layer is the backbone. */
function declareProblem(): ParamStore {
  const parameters = new ParamStore(backend.tf);
  for (const [name, { shape, values }] of Object.entries(reference.start)) {
    const [role, group] = [name.startsWith('w') ? 'weight' : 'bias', name.endsWith('1') ? 'backbone' : 'head'] as const;
    parameters.declare({ name, shape, layout: 'vector', role, group, trainable: true, initial: () => values });
  }
  return parameters;
}

/** rows [B, 3], targets [B, 2] */
function problemLoss(parameters: ParamStore, rows: Tensor, targets: Tensor): Scalar {
  const { tf } = backend;
  const value = (name: string): Tensor2D => parameters.get(name).variable as unknown as Tensor2D;
  const hidden = tf.tanh(tf.add(tf.matMul(rows, value('w1')), value('b1')));
  return tf.mean(tf.square(tf.sub(tf.add(tf.matMul(hidden, value('w2')), value('b2')), targets)));
}

function expectState(found: ReadonlyMap<string, HostTensor>, expected: Readonly<Record<string, HostTensor>>, what: string): void {
  for (const [name, { values }] of Object.entries(expected)) expect(deviation(found.get(name)?.values ?? [], values), `${name} ${what}`).toBeLessThan(TOLERANCE);
}

function optimiserOf(parameters: ParamStore, options: Options): Optimiser {
  const { tf } = backend;
  const learnt = parameters.trainable();
  const { headMultiplier, weightDecay } = options;
  const rule = options.kind === 'psa' ? biasesTwice(headMultiplier, weightDecay) : headFaster(headMultiplier, weightDecay);
  const momentum = options.kind === 'psa' ? weightDecay : options.momentum;
  const plain = options.kind === 'adamw' ? adamW(tf, learnt, { ...rule, betas: options.betas, epsilon: options.epsilon }) : sgd(tf, learnt, { ...rule, momentum, nesterov: options.nesterov });
  const byNorm = options.clipNorm > 0 ? clippedByNorm(tf, plain, options.clipNorm) : plain;
  return options.clipValue > 0 ? clippedByValue(tf, byNorm, options.clipValue) : byNorm;
}

function scheduleOf({ schedule, kind, over }: Options): Schedule {
  if (kind === 'psa') return publishedPoly({ power: 0.9, ...(over === undefined ? {} : { over }) });
  if (schedule === undefined) return constant;
  const { power, every } = schedule;
  const decays = {
    poly: poly({ power, every, ...(schedule.over === undefined ? {} : { over: schedule.over }) }),
    steps: inSteps(schedule.everyEpochs, schedule.factor),
    milestones: atMilestones(schedule.milestones, schedule.factor),
    cosine,
  };
  const decay = decays[schedule.kind];
  return schedule.warmUpEpochs === 0 ? decay : warmUp(schedule.warmUpEpochs, schedule.warmUpFrom, decay);
}

describe('learns as PyTorch does, through the host and into a new optimiser after every step', () => {
  const simple = reference.cases.filter(({ options }) => options.parts === 1 && options.averaging === 0);

  it.each(simple)('$name', async ({ options, rates, losses, after }) => {
    const { tf } = backend;
    const parameters = declareProblem();
    const upload = ({ shape, values }: HostTensor): Tensor => tf.tensor(values, [...shape]);
    const [x, target] = [upload(reference.x), upload(reference.target)];
    const factorAt = scheduleOf(options);
    const baseRate = options.kind === 'psa' ? 0.01 : 0.05;
    let optimiser = optimiserOf(parameters, options);
    for (const [step, expectedRate] of rates.entries()) {
      const rate = baseRate * factorAt({ step, totalSteps: rates.length, stepsPerEpoch });
      expect(Math.abs(rate - expectedRate), `rate of step ${step}`).toBeLessThan(1e-9 * baseRate);
      const found = gradients(tf, parameters.trainable(), () => problemLoss(parameters, x, target));
      expect(deviation(await found.loss.data(), [losses[step] ?? Number.NaN]), `loss of step ${step}`).toBeLessThan(TOLERANCE);
      optimiser.step(found.byName, rate);
      found.dispose();
      const slots = await optimiser.state();
      optimiser.dispose();
      optimiser = optimiserOf(parameters, options);
      optimiser.restore(slots);
      const expected = after[step];
      if (expected !== undefined) expectState(await parameters.export(), expected, `after step ${step}`);
    }
    optimiser.dispose();
    parameters.dispose();
    tf.dispose([x, target]);
  });

  it.each(['adamw', 'sgd'] as const)('refuses slots of another optimiser or network: %s', (kind) => {
    const parameters = declareProblem();
    const optimiser = optimiserOf(parameters, Options.parse({ kind, momentum: 0.9 }));
    for (const key of ['velocity/w3', 'mean/w3', kind === 'sgd' ? 'mean/w1' : 'velocity/w1', 'w1']) {
      expect(() => optimiser.restore(new Map([[key, { shape: [1], values: new Float32Array(1) }]]))).toThrow(key);
    }
    optimiser.dispose();
    parameters.dispose();
  });
});

const SETTINGS: LearnerSettings = {
  optimiser: 'sgd',
  learningRate: 0.05,
  headMultiplier: 1,
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'constant',
  polyPower: 0.9,
  stepEpochs: 10,
  milestones: [],
  stepFactor: 0.1,
  warmUpEpochs: 0,
  clipValue: 0,
  clipNorm: 0,
  accumulate: 1,
  averaging: 0,
};

/** Rows of the problem as photos of one pixel. */
const items: BatchItem[] = Array.from({ length: 6 }, (_, at) => ({
  image: {
    record: { id: testImageId(at), name: `row ${at}`, photoPath: '', width: 1, height: 1, split: 'train', tags: null, maskPath: null },
    labels: () => null,
  },
  key: `row ${at}`,
  sample: { width: 1, height: 1, pixels: reference.x.values.slice(3 * at, 3 * at + 3), labels: null },
}));

describe('the learner', () => {
  const learnerOf = (parameters: ParamStore, settings: LearnerSettings) => {
    const { tf } = backend;
    const features = new FrozenFeatures(backend, (image) => [image], 0);
    return networkLearner({
      backend,
      parameters,
      features,
      settings,
      seed: 1,
      loss: ([taps], _labels, batch) => {
        const rows = batch.items.map((item) => items.indexOf(item));
        const targets = rows.flatMap((row) => [...reference.target.values.slice(2 * row, 2 * row + 2)]);
        return problemLoss(parameters, tf.reshape(taps as Tensor4D, [rows.length, 3]), tf.tensor2d(targets, [rows.length, 2]));
      },
    });
  };

  const named = (name: string) => {
    const found = reference.cases.find((item) => item.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    return found;
  };

  it.each([
    ['accumulation over 3 parts', { accumulate: 3 }],
    ['average of weights', { averaging: 0.8 }],
    ['clipping by global norm', { clipNorm: 0.3 }],
    ['clipping by value', { clipValue: 0.05 }],
    ['clipping by value, then by global norm', { clipValue: 0.05, clipNorm: 0.1 }],
    ['SGD, Nesterov', { optimiser: 'nesterov' }],
    ['SGD in groups', { headMultiplier: 5, weightDecay: 0.01 }],
    ['AdamW, decayed, in groups', { optimiser: 'adamw', headMultiplier: 3, weightDecay: 0.05 }],
    ['schedule: poly', { schedule: 'poly' }],
    ['schedule: cosine', { schedule: 'cosine' }],
    ['schedule: steps', { schedule: 'steps', stepEpochs: 2 }],
    ['schedule: milestones', { schedule: 'milestones', milestones: [1, 3, 3], stepFactor: 0.5 }],
    ['schedule: warm-up, then steps', { schedule: 'steps', stepEpochs: 2, warmUpEpochs: 1 }],
    ['schedule: warm-up, then poly', { schedule: 'poly', warmUpEpochs: 1 }],
  ] satisfies [string, Partial<LearnerSettings>][])('learns as PyTorch does, put into a new one after every step: %s', async (name, settings) => {
    const { losses, after, averages } = named(name);
    const totalSteps = losses.length;
    const parameters = declareProblem();
    let learner = learnerOf(parameters, { ...SETTINGS, ...settings });
    for (const [step, expectedLoss] of losses.entries()) {
      const { loss } = await learner.learn({ step, items }, { step, totalSteps, stepsPerEpoch });
      expect(deviation([loss], [expectedLoss]), `loss of step ${step}`).toBeLessThan(TOLERANCE);
      const state = await learner.state();
      learner.dispose();
      learner = learnerOf(parameters, { ...SETTINGS, ...settings });
      learner.restore(state);
      const [expected, expectedAverage] = [after[step], averages?.[step]];
      if (expectedAverage !== undefined) await learner.withFinalWeights(async () => expectState(await parameters.export(), expectedAverage, `averaged after step ${step}`));
      if (expected !== undefined) expectState(await parameters.export(), expected, `after step ${step}`);
    }
    learner.finish();
    const last = totalSteps - 1;
    expectState(await parameters.export(), averages?.[last] ?? after[last] ?? {}, 'at the end');
    learner.dispose();
    parameters.dispose();
  });

  it('changes nothing where a gradient is not finite, though the loss is', async () => {
    const parameters = declareProblem();
    const { tf } = backend;
    const learner = networkLearner({
      backend,
      parameters,
      features: new FrozenFeatures(backend, (image) => [image], 0),
      settings: SETTINGS,
      seed: 1,
      // The root of 0 is 0, its slope infinite.
      loss: () => tf.sum(tf.sqrt(tf.mul(parameters.get('w1').variable, 0))),
    });
    const found = await learner.learn({ step: 0, items }, { step: 0, totalSteps: 1, stepsPerEpoch: 1 });
    expect(found.loss).toBe(0);
    expect(found.gradientNorm).not.toSatisfy(Number.isFinite);
    expectState(await parameters.export(), reference.start, 'afterwards');
    learner.dispose();
    parameters.dispose();
  });
});

describe('losses, forward and backward, as PyTorch', () => {
  const functions: Readonly<Record<string, (a: Tensor, b: Tensor) => Scalar>> = {
    'L1': (a, b) => absoluteDifference(backend.tf, a, b),
  };

  it.each(reference.losses)('$name', async ({ name, a, b, loss, da }) => {
    const { tf } = backend;
    const compute = functions[name] ?? ((logits: Tensor, targets: Tensor) => binaryCrossEntropy(tf, logits, targets));
    const [left, right] = [tf.tensor(a.values, [...a.shape]), tf.tensor(b.values, [...b.shape])];
    const { value, grad } = tf.valueAndGrad((at: Tensor) => compute(at, right))(left);
    expect(deviation(await value.data(), [loss])).toBeLessThan(1e-6);
    expect(deviation(await grad.data(), da.values)).toBeLessThan(1e-6);
    tf.dispose([left, right, value, grad]);
  });
});
