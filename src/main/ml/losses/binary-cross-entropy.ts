import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/**
 * Binary cross-entropy of logits, as torch's binary_cross_entropy_with_logits: the mean over every number of
 * y·softplus(−z) + (1 − y)·softplus(z), which never overflows. logits, targets of one shape; targets 0 to 1.
 */
export function binaryCrossEntropy(tf: typeof TF, logits: Tensor, targets: Tensor): Scalar {
  // softplus(z) − y·z is the same sum: softplus(−z) = softplus(z) − z.
  return tf.mean<Scalar>(tf.sub(tf.softplus(logits), tf.mul(targets, logits)));
}
