import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from './param-store.ts';

/** A loss and the gradient of each parameter that it depends on. The caller owns all of it. */
export interface Gradients {
  readonly loss: Scalar;
  readonly byName: ReadonlyMap<string, Tensor>;
  dispose(): void;
}

/** Runs `loss` under a tape and differentiates it with regard to these parameters. */
export function gradients(tf: typeof TF, parameters: readonly Parameter[], loss: () => Scalar): Gradients {
  const { value, grads } = tf.variableGrads(
    loss,
    parameters.map((parameter) => parameter.variable),
  );
  const byName = new Map<string, Tensor>();
  for (const parameter of parameters) {
    // tfjs types every gradient as present; parameters that the loss does not reach have none.
    const gradient = grads[parameter.variable.name] as Tensor | null | undefined;
    if (gradient !== null && gradient !== undefined) byName.set(parameter.name, gradient);
  }
  return {
    loss: value,
    byName,
    dispose: () => {
      tf.dispose([value, ...byName.values()]);
    },
  };
}
