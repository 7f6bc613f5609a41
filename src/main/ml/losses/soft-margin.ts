import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Multi-label soft margin (methods/cam.md §0): the mean over batch and classes of y·softplus(−z) + (1 − y)·softplus(z), which never
 * overflows.
 * logits, tags [B, C]; tags 0 or 1, or soft.
 */
export function multiLabelSoftMargin(tf: typeof TF, logits: Tensor2D, tags: Tensor2D): Scalar {
  // softplus(z) − y·z is the same sum: softplus(−z) = softplus(z) − z.
  return tf.mean<Scalar>(tf.sub(tf.softplus(logits), tf.mul(tags, logits)));
}
