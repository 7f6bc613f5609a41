import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import type { Batch, BatchItem } from '../data/batches.ts';
import { gradients, type Gradients } from '../nn/gradients.ts';
import type { Pass } from '../nn/network.ts';
import type { ParamStore } from '../nn/param-store.ts';
import { readTensor } from '../nn/read-tensor.ts';
import { globalNorm } from '../optim/clip.ts';
import { WeightAverage } from '../optim/weight-average.ts';
import { randomFor } from '../random/random.ts';
import type { FrozenFeatures } from './frozen-features.ts';
import type { Learner } from './loop.ts';
import { optimiserOf, scheduleOf, type OptimiserSettings } from './optimisers.ts';
import type { Moment } from './schedule.ts';

export interface LearnerSettings extends OptimiserSettings {
  /** Parts that a batch is computed in, one after another, to need the memory of one. Norms with moments of the batch see one part at a time. */
  readonly accumulate: number;
  /** Of the moving average of the weights, which is then what the run ends with; 0 = none. */
  readonly averaging: number;
}

/** The loss of a batch from the taps of the frozen layers, [B, h, w, c] each, and its label maps, [B, height, width]. Called under the tape. */
export type Loss = (taps: readonly Tensor4D[], labels: Uint8Array | null, batch: Batch, pass: Pass) => Scalar;

export interface LearnerParts {
  readonly backend: TensorBackend;
  readonly parameters: ParamStore;
  readonly features: FrozenFeatures;
  readonly settings: LearnerSettings;
  readonly seed: number;
  readonly loss: Loss;
}

export interface NetworkLearner extends Learner {
  /** Of the backbone, for the curve. */
  readonly learningRateAt: (at: Moment) => number;
  /** Runs `use` with the weights that the run would end with now. */
  withFinalWeights(use: () => Promise<void>): Promise<void>;
  /** Leaves the parameters with the weights that the run ends with. */
  finish(): void;
  /** Lets the optimiser's tensors go; parameters and features are their owner's. */
  dispose(): void;
}

/** A network, its loss and its optimiser. */
export function networkLearner(parts: LearnerParts): NetworkLearner {
  const { backend, parameters, features, settings } = parts;
  const { tf } = backend;
  const learnt = parameters.trainable();
  const optimiser = optimiserOf(backend, learnt, settings);
  const factorAt = scheduleOf(settings);
  const average = settings.averaging === 0 ? null : new WeightAverage(tf, learnt, settings.averaging);
  const changing = parameters.list().filter(({ trainable, followsBatches }) => trainable || followsBatches);
  const learningRateAt = (at: Moment): number => settings.learningRate * factorAt(at);

  const ofPart = (batch: Batch, items: readonly BatchItem[], part: number): Gradients =>
    features.withBatch(items, (taps, labels) => {
      // Step randomness follows from seed and step alone.
      const key = part === 0 ? [batch.step] : [batch.step, part];
      const pass: Pass = { random: randomFor(parts.seed, 'step', ...key) };
      return gradients(tf, learnt, () => parts.loss(taps, labels, { ...batch, items }, pass));
    });

  return {
    learningRateAt,
    learn: async (batch, at) => {
      const found = accumulated(backend, inParts(batch.items, settings.accumulate), (items, part) => ofPart(batch, items, part));
      const norm = globalNorm(tf, found.byName);
      try {
        const [[loss = Number.NaN], [gradientNorm = Number.NaN]] = await Promise.all([found.loss.data<'float32'>(), norm.data<'float32'>()]);
        if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) {
          optimiser.step(found.byName, learningRateAt(at));
          average?.update();
        }
        return { loss, gradientNorm };
      } finally {
        norm.dispose();
        found.dispose();
      }
    },
    state: async () => {
      const state = new Map(await optimiser.state());
      for (const { name, variable } of changing) state.set(name, await readTensor(variable));
      for (const [name, value] of (await average?.state()) ?? []) state.set(name, value);
      return state;
    },
    restore: (state) => {
      const slots = new Map(state);
      for (const { name, variable } of changing) {
        const value = state.get(name);
        if (value === undefined) throw new Error(`the checkpoint lacks ${name}`);
        tf.tidy(() => variable.assign(tf.tensor(value.values, [...value.shape], 'float32')));
        slots.delete(name);
      }
      const averages = new Map([...slots].filter(([name]) => name.startsWith('average/')));
      for (const name of averages.keys()) slots.delete(name);
      average?.restore(averages);
      optimiser.restore(slots);
    },
    withFinalWeights: (use) => (average === null ? use() : average.inPlace(use)),
    finish: () => average?.settle(),
    dispose: () => {
      optimiser.dispose();
      average?.dispose();
    },
  };
}

/** Items in `count` runs, as even as can be; fewer where there are fewer items. */
function inParts<T>(items: readonly T[], count: number): (readonly T[])[] {
  const parts = Math.min(count, items.length);
  return Array.from({ length: parts }, (_, part) => items.slice(Math.floor((part * items.length) / parts), Math.floor(((part + 1) * items.length) / parts)));
}

/** Loss and gradients of a batch as the means over its parts, each weighted by its share of the items. */
function accumulated<T>({ tf }: TensorBackend, parts: readonly (readonly T[])[], ofPart: (items: readonly T[], part: number) => Gradients): Gradients {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return ofPart(only, 0);
  const count = parts.reduce((sum, items) => sum + items.length, 0);
  let loss: Scalar = tf.scalar(0);
  const byName = new Map<string, Tensor>();
  for (const [part, items] of parts.entries()) {
    const found = ofPart(items, part);
    const add = <R extends Tensor>(sum: R | undefined, value: R): R => {
      const total = tf.tidy(() => {
        const weighted = tf.mul<R>(value, items.length / count);
        return sum === undefined ? weighted : tf.add<R>(sum, weighted);
      });
      sum?.dispose();
      return total;
    };
    loss = add(loss, found.loss);
    for (const [name, gradient] of found.byName) byName.set(name, add(byName.get(name), gradient));
    found.dispose();
  }
  return { loss, byName, dispose: () => tf.dispose([loss, ...byName.values()]) };
}
