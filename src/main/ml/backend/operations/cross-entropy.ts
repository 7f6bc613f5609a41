import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/** See `TensorOps.crossEntropy`. Its gradient, (softmax(z) − target) · weight, is one pass instead of the tape's many. */
export function crossEntropy(tf: typeof TF, logits: Tensor2D, labels: Int32Array, weights: Float32Array): Scalar {
  const target = tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1], 1, 0, 'float32'); // [N, C]
  const perRow = tf.tensor2d(weights, [weights.length, 1]);
  const loss = tf.customGrad((z: TF.Tensor | TF.GradSaveFunc, save: TF.Tensor | TF.GradSaveFunc) => {
    const scores = z as Tensor2D;
    const logProbability = tf.logSoftmax(scores); // [N, C]
    const value = tf.neg(tf.sum<Scalar>(tf.mul(tf.mul(logProbability, target), perRow)));
    // The tape ends the scope of everything it is not told to keep.
    (save as TF.GradSaveFunc)([logProbability, target, perRow]);
    return {
      value,
      gradFunc: (dy: TF.Tensor, saved: TF.Tensor[]) => {
        const [logs, targets, factors] = saved as [Tensor2D, Tensor2D, Tensor2D];
        return tf.mul(tf.mul(tf.sub(tf.exp(logs), targets), factors), dy);
      },
    };
  });
  return loss(logits);
}
