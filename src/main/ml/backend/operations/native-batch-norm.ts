import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import type { Activation } from '../ops.ts';
import { activated, activationGradient } from './native-activation.ts';
import { NATIVE_NAME } from './native-name.ts';

type TfNamespace = typeof TF;

/** Names of two kernels: tfjs saves the same for every call of one, and the gradient reads the result where there is an activation alone. */
export const BATCH_NORM = { activated: 'PenumbraBatchNormTraining', linear: 'PenumbraBatchNormTrainingLinear' } as const;

/** Registers both. */
export function registerBatchNorm(tf: TfNamespace, executor: KernelExecutor): void {
  const { binding } = executor;
  const fused = fusedNorm(tf, executor);
  const types = { T: 'float32', U: 'float32', data_format: { text: 'NHWC' }, is_training: { bool: true } } as const;
  const kernelFunc: TF.KernelFunc = ({ inputs, attrs }) => {
    const { x, gamma, beta } = inputs as { x: TensorInfo; gamma: TensorInfo; beta: TensorInfo };
    const { epsilon, activation: kind } = attrs as unknown as { epsilon: number; activation: Activation };
    if (kind === 'relu' && fused !== null) return fused(x, gamma, beta, epsilon);
    const none = tf.tensor1d([], 'float32'); // no running moments come in while training
    const [z, ...moments] = executor.executeMultipleOutputs(
      'FusedBatchNormV3',
      attributes(binding, { ...types, epsilon: { float: epsilon } }),
      [x, gamma, beta, none, none],
      6,
    );
    none.dispose();
    return [activated(executor, z as Tensor, kind), ...moments];
  };
  const gradFunc: TF.GradFunc = (dys, saved, attrs) => {
    const { epsilon, activation: kind } = attrs as unknown as { epsilon: number; activation: Activation };
    const [x, gamma, ...results] = saved as [Tensor4D, Tensor1D, ...Tensor[]];
    const [reserve1, reserve2, reserve3] = results.slice(-3) as [Tensor, Tensor, Tensor];
    const y = kind === 'linear' ? undefined : results[0];
    const dz = activationGradient(executor, (dys as Tensor[])[0] as Tensor, y, kind);
    const [dx, dgamma, dbeta] = executor.executeMultipleOutputs(
      'FusedBatchNormGradV3',
      attributes(binding, { ...types, epsilon: { float: epsilon } }),
      [dz, x, gamma, reserve1, reserve2, reserve3],
      5,
    ) as [Tensor, Tensor, Tensor];
    return { x: () => tf.clone(dx), gamma: () => tf.clone(dgamma), beta: () => tf.clone(dbeta) };
  };
  for (const [kind, kernelName] of Object.entries(BATCH_NORM)) {
    tf.registerKernel({ kernelName, backendName: NATIVE_NAME, kernelFunc });
    tf.registerGradient({ kernelName, inputsToSave: ['x', 'gamma'], outputsToSave: [kind === 'activated', false, false, true, true, true], gradFunc });
  }
}

/** relu(batch norm of x) by the moments of the batch, then what FusedBatchNormV3 gives beside its result. */
type FusedNorm = (x: TensorInfo, gamma: TensorInfo, beta: TensorInfo, epsilon: number) => Tensor[];

/**
 * oneDNN's norm that applies ReLU while the result is still in cache, by the inner name of TensorFlow's own rewriting: half the time of norm and ReLU,
 * and the same bits.
 * @returns null where it is not there or not right: without oneDNN, and on GPUs
 */
function fusedNorm(tf: TfNamespace, executor: KernelExecutor): FusedNorm | null {
  if (executor.isUsingGpuDevice) return null;
  const fused: FusedNorm = (x, gamma, beta, epsilon) => {
    const none = tf.tensor1d([], 'float32');
    const values = attributes(executor.binding, {
      T: 'float32',
      U: 'float32',
      data_format: { text: 'NHWC' },
      is_training: { bool: true },
      epsilon: { float: epsilon },
      exponential_avg_factor: { float: 1 },
      activation_mode: { text: 'Relu' },
      num_side_inputs: { int: 0 },
      _kernel: { text: 'MklNameChangeOp' },
    });
    const results = executor.executeMultipleOutputs('_MklNativeFusedBatchNormEx', values, [x, gamma, beta, none, none], 6);
    // Where ReLU let through, which the gradient reads off the result instead.
    results.pop()?.dispose();
    return [...results, none];
  };
  return normsRight(tf, fused) ? fused : null;
}

function normsRight(tf: TfNamespace, fused: FusedNorm): boolean {
  return tf.tidy(() => {
    const x = tf.mul<Tensor4D>(tf.sin(tf.reshape<TF.Rank.R4>(tf.range(0, 2 * 3 * 5 * 4), [2, 3, 5, 4])), 4);
    const [gamma, beta] = [tf.tensor1d([1, -2, 0.5, 3]), tf.tensor1d([0.5, 0, -1, 2])];
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const expected = tf.relu(tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), gamma), beta));
    try {
      const [y, batchMean, batchVariance] = fused(x, gamma, beta, 1e-3) as [Tensor, Tensor, Tensor];
      const unbiased = tf.mul(variance, 30 / 29); // over 2 · 3 · 5 pixels
      const differs = (found: Tensor, wanted: Tensor): number => tf.max(tf.abs(tf.sub(found, wanted))).dataSync<'float32'>()[0] ?? Number.NaN;
      return differs(y, expected) < 1e-4 && differs(batchMean, mean) < 1e-4 && differs(batchVariance, unbiased) < 1e-4;
    } catch {
      return false;
    }
  });
}
