import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOps } from '../ops.ts';
import { attributes, type KernelExecutor } from '../native-kernels.ts';

/** TensorFlow's kernel gives losses and gradients in one pass over the logits; the gradients alone are kept. */
export function nativeCrossEntropy(tf: typeof TF, executor: KernelExecutor): TensorOps['crossEntropy'] {
  const values = attributes(executor.binding, { T: 'float32', Tlabels: 'int32' });
  return (logits, labels, weights) => {
    const loss = tf.customGrad((scores: Tensor | TF.GradSaveFunc, save: Tensor | TF.GradSaveFunc) => {
      const index = tf.tensor1d(labels, 'int32');
      const [losses, gradient] = executor.executeMultipleOutputs('SparseSoftmaxCrossEntropyWithLogits', values, [scores as Tensor2D, index], 2) as [Tensor1D, Tensor2D];
      const perRow = tf.tensor1d(weights);
      (save as TF.GradSaveFunc)([gradient, perRow]);
      return {
        value: tf.sum(tf.mul(losses, perRow)),
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const [rows, factors] = saved as [Tensor2D, Tensor1D];
          return tf.mul(rows, tf.reshape(tf.mul(factors, dy), [labels.length, 1]));
        },
      };
    });
    return loss(logits) as TF.Scalar;
  };
}
