import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { Optimiser } from './optimiser.ts';

type GradientMap = ReadonlyMap<string, Tensor>;

/** The Euclidean norm of all gradients together. NaN or infinite as soon as one number is. */
export function globalNorm(tf: typeof TF, gradients: GradientMap): Scalar {
  return tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum<Scalar>(tf.square(gradient)));
    return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares));
  });
}

/** Steps on gradients scaled down to this global norm where they are longer, as torch's clip_grad_norm_. */
export function clippedByNorm(tf: typeof TF, optimiser: Optimiser, limit: number): Optimiser {
  return withGradients(tf, optimiser, (gradients) => {
    // torch's 1e-6; the factor never scales up.
    const factor = tf.minimum(tf.div(limit, tf.add(globalNorm(tf, gradients), 1e-6)), 1);
    return mapped(gradients, (gradient) => tf.mul(gradient, factor));
  });
}

/** Steps on gradients whose every number is brought into -limit..limit, as torch's clip_grad_value_. */
export function clippedByValue(tf: typeof TF, optimiser: Optimiser, limit: number): Optimiser {
  return withGradients(tf, optimiser, (gradients) => mapped(gradients, (gradient) => tf.clipByValue(gradient, -limit, limit)));
}

function withGradients(tf: typeof TF, optimiser: Optimiser, change: (gradients: GradientMap) => GradientMap): Optimiser {
  return {
    ...optimiser,
    step: (gradients, learningRate) => {
      tf.tidy(() => {
        optimiser.step(change(gradients), learningRate);
      });
    },
  };
}

function mapped(gradients: GradientMap, change: (gradient: Tensor) => Tensor): GradientMap {
  return new Map([...gradients].map(([name, gradient]) => [name, change(gradient)]));
}
