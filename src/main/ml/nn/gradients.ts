import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { differentiate } from '../backend/unwinding-tape.ts';
import type { Parameter } from './param-store.ts';

/** A loss and the gradient of each parameter that it depends on. The caller owns all of it. */
export interface Gradients {
  readonly loss: Scalar;
  readonly byName: ReadonlyMap<string, Tensor>;
  dispose(): void;
}

/** Runs `loss` under a tape and differentiates it with regard to these parameters. */
export function gradients(tf: typeof TF, parameters: readonly Parameter[], loss: () => Scalar): Gradients {
  const { loss: value, gradients: byVariable } = differentiate(
    tf,
    parameters.map(({ variable }) => variable),
    loss,
  );
  const byName = new Map<string, Tensor>();
  for (const { name, variable } of parameters) {
    const gradient = byVariable.get(variable);
    if (gradient !== undefined) byName.set(name, gradient);
  }
  return {
    loss: value,
    byName,
    dispose: () => {
      tf.dispose([value, ...byName.values()]);
    },
  };
}
