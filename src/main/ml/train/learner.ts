import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import type { Batch } from '../data/batches.ts';
import { gradients } from '../nn/gradients.ts';
import type { HostTensor } from '../nn/host-tensor.ts';
import type { Pass } from '../nn/network.ts';
import type { Parameter, ParamStore } from '../nn/param-store.ts';
import { sgd } from '../optim/sgd.ts';
import { randomFor } from '../random/random.ts';
import type { FrozenFeatures } from './frozen-features.ts';
import type { Learner } from './loop.ts';
import { polyFactor } from './schedule.ts';

/** The optimiser's settings, named as in the stages. */
export interface SgdSettings {
  readonly learningRate: number;
  readonly headMultiplier: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly polyPower: number;
}

/** The loss of a batch from the taps of the frozen layers, [B, h, w, c] each, and its label maps, [B, height, width]. Called under the tape. */
export type Loss = (taps: readonly Tensor4D[], labels: Uint8Array | null, batch: Batch, pass: Pass) => Scalar;

export interface LearnerParts {
  readonly backend: TensorBackend;
  readonly parameters: ParamStore;
  readonly features: FrozenFeatures;
  readonly settings: SgdSettings;
  readonly seed: number;
  readonly loss: Loss;
}

export interface SgdLearner extends Learner {
  readonly learningRateAt: (progress: number) => number;
  /** Lets the optimiser's tensors go; parameters and features are their owner's. */
  dispose(): void;
}

/** SGD with poly decay; the head's learning rate multiplied; weight decay on filters alone (methods/cam.md §0 "Group LRs"). */
export function sgdLearner(parts: LearnerParts): SgdLearner {
  const { backend, parameters, features, settings } = parts;
  const { tf } = backend;
  const learnt = parameters.trainable();
  const optimiser = sgd(tf, learnt, {
    momentum: settings.momentum,
    weightDecay: (parameter) => (parameter.role === 'weight' ? settings.weightDecay : 0),
    multiplier: (parameter) => (parameter.group === 'head' ? settings.headMultiplier : 1),
  });
  const changing = parameters.list().filter(changesInTraining);
  const learningRateAt = (progress: number) => settings.learningRate * polyFactor(progress, settings.polyPower);

  return {
    learningRateAt,
    learn: (batch, progress) =>
      features.withBatch(batch.items, (taps, labels) => {
        // Step randomness follows from seed and step alone.
        const pass: Pass = { random: randomFor(parts.seed, 'step', batch.step) };
        const found = gradients(tf, learnt, () => parts.loss(taps, labels, batch, pass));
        try {
          const [loss = Number.NaN] = found.loss.dataSync<'float32'>();
          if (Number.isFinite(loss)) optimiser.step(found.byName, learningRateAt(progress));
          return loss;
        } finally {
          found.dispose();
        }
      }),
    state: () => new Map([...changing.map(({ name, variable }): [string, HostTensor] => [name, hostCopy(variable)]), ...optimiser.state()]),
    restore: (state) => {
      const slots = new Map(state);
      for (const { name, variable } of changing) {
        const value = state.get(name);
        if (value === undefined) throw new Error(`the checkpoint lacks ${name}`);
        tf.tidy(() => variable.assign(tf.tensor(value.values, [...value.shape], 'float32')));
        slots.delete(name);
      }
      optimiser.restore(slots);
    },
    dispose: () => {
      optimiser.dispose();
    },
  };
}

/** What learns, and the running moments of new batch norms. Those of the backbone stay as loaded. */
function changesInTraining(parameter: Parameter): boolean {
  return parameter.trainable || (parameter.role === 'statistic' && parameter.group === 'head');
}

function hostCopy(variable: Parameter['variable']): HostTensor {
  return { shape: variable.shape, values: variable.dataSync<'float32'>().slice() };
}
