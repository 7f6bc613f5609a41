import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** L1: the mean of |a − b| over every number, as torch's l1_loss; where they are equal the gradient is 0. Two tensors of one shape. */
export function absoluteDifference(tf: typeof TF, a: Tensor, b: Tensor): Scalar {
  const difference = tf.sub(a, b);
  // tf.abs has the slope -1 at 0.
  return tf.mean<Scalar>(tf.mul(difference, tf.sign(difference)));
}
