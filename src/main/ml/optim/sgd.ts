import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../nn/host-tensor.ts';
import type { Parameter } from '../nn/param-store.ts';
import type { Optimiser } from './optimiser.ts';

export interface SgdOptions {
  readonly momentum: number;
  readonly nesterov?: boolean;
  /** L2: added to the gradient as weightDecay · weight, as torch.optim.SGD does. */
  weightDecay(parameter: Parameter): number;
  /** Factor on the learning rate. */
  multiplier(parameter: Parameter): number;
}

/**
 * Stochastic gradient descent as torch.optim.SGD (dampening 0): g ← g + λw; v ← μv + g (the first v is g); step g + μv with
 * Nesterov, else v.
 */
export function sgd(tf: typeof TF, parameters: readonly Parameter[], options: SgdOptions): Optimiser {
  const velocities = new Map<string, Variable>();
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));

  const direction = (parameter: Parameter, gradient: Tensor): Tensor => {
    if (options.momentum === 0) return gradient;
    const known = velocities.get(parameter.name);
    const velocity = known === undefined ? gradient : tf.add(tf.mul(known, options.momentum), gradient);
    if (known === undefined) velocities.set(parameter.name, tf.variable(velocity, false));
    else known.assign(velocity);
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
    state: () => new Map([...velocities].map(([name, slot]): [string, HostTensor] => [`velocity/${name}`, hostCopy(slot)])),
    restore: (state: HostTensors) => {
      for (const slot of velocities.values()) slot.dispose();
      velocities.clear();
      for (const [key, { shape, values }] of state) {
        const name = key.replace(/^velocity\//, '');
        if (!byName.has(name)) throw new Error(`optimiser slot ${key} belongs to no parameter`);
        velocities.set(
          name,
          tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32'), false)),
        );
      }
    },
    dispose: () => {
      for (const slot of velocities.values()) slot.dispose();
      velocities.clear();
    },
  };
}

function hostCopy(slot: Variable): HostTensor {
  return { shape: slot.shape, values: slot.dataSync<'float32'>().slice() };
}
