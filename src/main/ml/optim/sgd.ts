import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../nn/param-store.ts';
import type { ParameterRule } from './groups.ts';
import type { Optimiser } from './optimiser.ts';
import { requireKnownSlots, Slots } from './slots.ts';

export interface SgdOptions extends ParameterRule {
  readonly momentum: number;
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as torch.optim.SGD (dampening 0): g ← g + λw; v ← μv + g (the first v is g); step g + μv with
 * Nesterov, else v.
 */
export function sgd(tf: typeof TF, parameters: readonly Parameter[], options: SgdOptions): Optimiser {
  const velocities = new Slots(tf, 'velocity');
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));

  const direction = ({ name }: Parameter, gradient: Tensor): Tensor => {
    if (options.momentum === 0) return gradient;
    const known = velocities.get(name);
    const velocity = known === undefined ? gradient : tf.add(tf.mul(known, options.momentum), gradient);
    velocities.set(name, velocity);
    return options.nesterov === true ? tf.add(gradient, tf.mul(velocity, options.momentum)) : velocity;
  };

  return {
    step: (gradients, learningRate) => {
      for (const [name, gradient] of gradients) {
        const parameter = byName.get(name);
        if (parameter === undefined) throw new Error(`gradient of ${name}, which this optimiser does not own`);
        tf.tidy(() => {
          const decay = options.weightDecay(parameter);
          const total = decay === 0 ? gradient : tf.add(gradient, tf.mul(parameter.variable, decay));
          const step = tf.mul(direction(parameter, total), learningRate * options.multiplier(parameter));
          parameter.variable.assign(tf.sub(parameter.variable, step));
        });
      }
    },
    state: async () => new Map(await velocities.state()),
    restore: (state) => {
      requireKnownSlots(state, ['velocity'], new Set(byName.keys()));
      velocities.restore(state);
    },
    dispose: () => {
      velocities.dispose();
    },
  };
}
