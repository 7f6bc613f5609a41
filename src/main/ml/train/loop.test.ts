import { describe, expect, it } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { createStageContext, testImageId, type TestContext } from '../../../../tests/support/stage-context.ts';
import type { TrainingSample } from '../data/augment.ts';
import { Batches, type BatchPlan } from '../data/batches.ts';
import type { SampleJob } from '../data/sample-protocol.ts';
import type { HostTensor } from '../nn/host-tensor.ts';
import { randomFor } from '../random/random.ts';
import type { ImageRecord } from '../stage.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import { train, type Found, type Learner } from './loop.ts';

const images: ImageRecord[] = Array.from({ length: 11 }, (_, at) => ({
  id: testImageId(at),
  name: `photo-${at}`,
  photoPath: `/photos/photo-${at}.jpg`,
  width: 8,
  height: 8,
  split: 'train',
  tags: [at % 2 === 0 ? 1 : 0],
  maskPath: null,
}));

/** A pool whose samples hold one number, a function of the job's random key, as the real one's do. */
const pool = {
  load: (job: SampleJob): Promise<never> => {
    if (job.kind !== 'training') return Promise.reject(new Error('not asked for here'));
    if (job.photo.path.includes('photo-4')) {
      return Promise.reject(new PenumbraError('IMAGE_TRUNCATED', 'photo-4 ends early.', { remedy: 'Copy it again.' }));
    }
    const sample: TrainingSample = { width: 1, height: 1, pixels: Float32Array.of(randomFor(...job.randomKey).unit()), labels: null };
    return Promise.resolve(sample as never);
  },
};

/** Learns one number by a rule that depends on every batch and its order, so that a missed or doubled step shows. */
class NumberLearner implements Learner {
  value = 1;
  readonly seen: string[][] = [];
  /** What goes wrong at a step: what it finds, or what the state holds after it. */
  readonly #wrong: { readonly step?: number; readonly found?: Partial<Found>; readonly weight?: number };

  constructor(wrong: { readonly step?: number; readonly found?: Partial<Found>; readonly weight?: number } = {}) {
    this.#wrong = wrong;
  }

  learn: Learner['learn'] = ({ items, step }, at) => {
    const progress = at.step / at.totalSteps;
    this.seen.push(items.map((item) => item.key));
    const noise = randomFor(7, 'step', step).unit();
    for (const item of items) this.value = this.value * 0.9 + (item.sample?.pixels[0] ?? 0) * (1 - progress) + noise;
    return Promise.resolve({ loss: this.value, gradientNorm: 1, ...(step === this.#wrong.step ? this.#wrong.found : {}) });
  };

  /** The double as four 16-bit quarters, which float32 holds exactly. */
  state(): Promise<Map<string, HostTensor>> {
    const state = new Map<string, HostTensor>([['value', { shape: [4], values: Float32Array.from(new Uint16Array(Float64Array.of(this.value).buffer)) }]]);
    const { step = Infinity, weight } = this.#wrong;
    if (weight !== undefined && this.seen.length > step) state.set('broken', { shape: [1], values: Float32Array.of(weight) });
    return Promise.resolve(state);
  }

  restore: Learner['restore'] = (state) => {
    const quarters = Uint16Array.from(state.get('value')?.values ?? []);
    this.value = new Float64Array(quarters.buffer)[0] ?? NaN;
  };
}

const EPOCHS = 4;

function batchesOf(over: Partial<BatchPlan> = {}): { batches: Batches; refused: string[] } {
  const refused: string[] = [];
  const plan: BatchPlan = {
    images: images.map((record) => ({ record, labels: () => null })),
    batchSize: 3,
    seed: 5,
    augmentation: { kind: 'tags', longSideFromPx: 8, longSideToPx: 8, cropPx: 8, mirror: true, jitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0 } },
    views: 0,
    held: () => false,
    refused: (record) => void refused.push(record.name),
    ...over,
  };
  return { batches: new Batches(plan, pool), refused };
}

async function run(context: TestContext, learner: Learner, over: Partial<BatchPlan> = {}): Promise<void> {
  const { batches } = batchesOf(over);
  await train(context, { epochs: EPOCHS, checkpointEverySteps: 2, batches, learner, learningRateAt: ({ step, totalSteps }) => 1 - step / totalSteps });
}

describe('train', () => {
  it('ends with the same bits when it is stopped at any step and resumed', async () => {
    const whole = new NumberLearner();
    await run(createStageContext(), whole);
    for (let stopAt = 1; stopAt <= 12; stopAt++) {
      const abort = new AbortController();
      let breaths = 0;
      const first = createStageContext({ signal: abort.signal, onBreathe: () => (++breaths === stopAt ? abort.abort() : undefined) });
      await expect(run(first, new NumberLearner())).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
      const checkpoint = first.checkpoints.at(-1);
      const second = createStageContext(checkpoint === undefined ? {} : { checkpoint });
      const resumed = new NumberLearner();
      await run(second, resumed);
      expect(resumed.value).toBe(whole.value);
      expect(second.progressed.at(-1)).toEqual({ done: 12, total: 12, unit: 'steps' });
    }
  });

  it.each([
    ['a loss', { step: 5, found: { loss: Number.NaN } }, /^The loss became NaN at step 5 on photo-\d/, 4],
    ['a loss before any checkpoint', { step: 1, found: { loss: Infinity } }, /^The loss became Infinity at step 1 on photo-\d/, null],
    ['a gradient', { step: 5, found: { gradientNorm: Infinity } }, /^The gradients became Infinity, with a loss of .* at step 5 on photo-\d/, 4],
    ['a weight, found before the next checkpoint', { step: 6, weight: Number.NaN }, /^broken became NaN, while the loss stayed finite, noticed at step 7 on photo-\d/, 6],
    ['a weight, found at the end', { step: 11, weight: Number.NaN }, /^broken became NaN, .* at step 11 on photo-\d/, 10],
  ])('stops on %s that is not finite, naming step, photos and the last good checkpoint', async (_, wrong, message, checkpointStep) => {
    const context = createStageContext();
    const error: unknown = await run(context, new NumberLearner(wrong)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NON_FINITE_LOSS', details: { checkpointStep } });
    expect((error as PenumbraError).message).toMatch(message);
    const last = context.checkpoints.at(-1);
    expect(last === undefined ? null : decodeCheckpoint(last).step).toBe(checkpointStep);
    expect((error as PenumbraError).remedy).toContain(checkpointStep === null ? 'no checkpoint yet' : `of ${checkpointStep} steps`);
  });

  it('leaves an unreadable photo out and goes on with the others', async () => {
    const learner = new NumberLearner();
    const { batches, refused } = batchesOf();
    await train(createStageContext(), { epochs: EPOCHS, checkpointEverySteps: 9, batches, learner, learningRateAt: () => 1 });
    expect(new Set(refused)).toEqual(new Set(['photo-4']));
    expect(learner.seen.flat().some((key) => key.startsWith(testImageId(4)))).toBe(false);
    expect(learner.seen).toHaveLength(12);
  });

  it('fails when no photo at all can be read', async () => {
    const only = images.slice(4, 5).map((record) => ({ record, labels: () => null }));
    await expect(run(createStageContext(), new NumberLearner(), { images: only })).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });
});

describe('Batches', () => {
  it('walks through each epoch in an order of its own, every photo at most once', () => {
    const { batches } = batchesOf();
    const epochs = [0, 1].map((epoch) => [0, 1, 2].flatMap((step) => batches.imagesAt(epoch * 3 + step).map((image) => image.record.name)));
    for (const names of epochs) expect(new Set(names).size).toBe(9);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const names = (of: Batches) => of.imagesAt(0).map((image) => image.record.name);
    expect(names(batchesOf().batches)).toEqual(names(batches));
  });

  it('gives a photo a new view each epoch, or goes round a fixed number of them', async () => {
    const keysOf = async (views: number): Promise<Set<string>> => {
      const learner = new NumberLearner();
      await run(createStageContext(), learner, { views });
      return new Set(learner.seen.flat());
    };
    const fresh = [...(await keysOf(0))].map((key) => Number(key.split('/')[1]));
    expect(new Set(fresh)).toEqual(new Set([0, 1, 2, 3]));
    const round = [...(await keysOf(2))].map((key) => Number(key.split('/')[1]));
    expect(new Set(round)).toEqual(new Set([0, 1]));
  });

  it('asks for no pixels of a view that the learner holds', async () => {
    const { batches } = batchesOf({ held: (key) => key.startsWith(testImageId(4)) });
    const items = (await Promise.all([0, 1, 2].map((step) => batches.at(step, 2)))).flatMap((batch) => batch.items);
    for (const item of items) expect(item.sample === null).toBe(item.key.startsWith(testImageId(4)));
  });

  it('throws what is not about one photo', async () => {
    const broken = { load: () => Promise.reject(new Error('disk gone')) };
    const plan: BatchPlan = {
      images: images.map((record) => ({ record, labels: () => null })),
      batchSize: 3,
      seed: 5,
      augmentation: { kind: 'tags', longSideFromPx: 8, longSideToPx: 8, cropPx: 8, mirror: true, jitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0 } },
      views: 0,
      held: () => false,
      refused: (_record, error) => {
        throw error as Error;
      },
    };
    await expect(new Batches(plan, broken).at(0, 0)).rejects.toThrow('disk gone');
  });
});
