import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor } from '../nn/host-tensor.ts';
import type { Parameter } from '../nn/param-store.ts';
import type { ParameterRule } from './groups.ts';
import type { Optimiser } from './optimiser.ts';
import { requireKnownSlots, Slots } from './slots.ts';

export interface AdamWOptions extends ParameterRule {
  /** Of the running means of gradient and squared gradient. Default 0.9 and 0.999, as torch's. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam with decoupled decay as torch.optim.AdamW: w ← w(1 − ηλ); m ← m + (1 − β₁)(g − m); v ← β₂v + (1 − β₂)g²;
 * w ← w − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε). t counts the steps in which the parameter had a gradient.
 */
export function adamW(tf: typeof TF, parameters: readonly Parameter[], options: AdamWOptions): Optimiser {
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const epsilon = options.epsilon ?? 1e-8;
  const means = new Slots(tf, 'mean');
  const squares = new Slots(tf, 'square');
  const counts = new Map<string, number>();
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));

  /** Both running means start at zero. */
  const moved = (slots: Slots, name: string, value: Tensor, beta: number): Tensor => {
    const known = slots.get(name);
    const mean = known === undefined ? tf.mul(value, 1 - beta) : tf.add(known, tf.mul(tf.sub(value, known), 1 - beta));
    slots.set(name, mean);
    return mean;
  };

  return {
    step: (gradients, learningRate) => {
      for (const [name, gradient] of gradients) {
        const parameter = byName.get(name);
        if (parameter === undefined) throw new Error(`gradient of ${name}, which this optimiser does not own`);
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        tf.tidy(() => {
          const rate = learningRate * options.multiplier(parameter);
          const decay = options.weightDecay(parameter);
          const weight = decay === 0 ? parameter.variable : tf.mul(parameter.variable, 1 - rate * decay);
          const mean = moved(means, name, gradient, beta1);
          const deviation = tf.sqrt(moved(squares, name, tf.square(gradient), beta2));
          const scale = tf.add(tf.div(deviation, Math.sqrt(1 - beta2 ** count)), epsilon);
          parameter.variable.assign(tf.sub(weight, tf.mul(tf.div(mean, scale), rate / (1 - beta1 ** count))));
        });
      }
    },
    state: async () =>
      new Map([
        ...(await means.state()),
        ...(await squares.state()),
        ...[...counts].map(([name, count]): [string, HostTensor] => [`count/${name}`, { shape: [1], values: Float32Array.of(count) }]),
      ]),
    restore: (state) => {
      requireKnownSlots(state, ['mean', 'square', 'count'], new Set(byName.keys()));
      means.restore(state);
      squares.restore(state);
      counts.clear();
      for (const [key, { values }] of state) if (key.startsWith('count/')) counts.set(key.slice('count/'.length), values[0] ?? 0);
    },
    dispose: () => {
      means.dispose();
      squares.dispose();
    },
  };
}
