import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { NATIVE_NAME } from './native-name.ts';

type TfNamespace = typeof TF;

const SOFTMAX = 'PenumbraSoftmax';

/** Over the last axis. */
export type Softmax = (scores: Tensor4D) => Tensor4D;

/** oneDNN's, twice as fast as TensorFlow's own, by the inner name of TensorFlow's own rewriting. */
function quickSoftmax(executor: KernelExecutor, logits: TensorInfo): Tensor {
  return executor.executeSingleOutput('_MklSoftmax', attributes(executor.binding, { T: 'float32', _kernel: { text: 'MklNameChangeOp' } }), [logits]);
}

/**
 * Registers the kernel.
 * @returns tfjs' own where it is not there or not right: without oneDNN, and on GPUs
 */
export function nativeSoftmax(tf: TfNamespace, executor: KernelExecutor): Softmax {
  if (!sumsRight(tf, executor)) return (scores) => tf.softmax(scores);
  tf.registerKernel({ kernelName: SOFTMAX, backendName: NATIVE_NAME, kernelFunc: ({ inputs }) => quickSoftmax(executor, inputs['logits'] as TensorInfo) });
  tf.registerGradient({
    kernelName: SOFTMAX,
    outputsToSave: [true],
    gradFunc: (dy, saved) => {
      const [y] = saved as [Tensor];
      return {
        logits: () => {
          const weighted = tf.mul<Tensor>(dy as Tensor, y);
          return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y));
        },
      };
    },
  });
  return (scores) => tf.engine().runKernel(SOFTMAX, { logits: scores });
}

function sumsRight(tf: TfNamespace, executor: KernelExecutor): boolean {
  if (executor.isUsingGpuDevice) return false;
  return tf.tidy(() => {
    const scores = tf.mul<Tensor4D>(tf.sin(tf.reshape<TF.Rank.R4>(tf.range(0, 2 * 3 * 5 * 7), [2, 3, 5, 7])), 30);
    try {
      const [difference = Number.NaN] = tf.max(tf.abs(tf.sub(quickSoftmax(executor, scores), tf.softmax(scores)))).dataSync<'float32'>();
      return difference < 1e-5;
    } catch {
      return false;
    }
  });
}
