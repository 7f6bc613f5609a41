import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation, TensorOps } from '../ops.ts';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { activated, activationGradient } from './native-activation.ts';
import { NATIVE_NAME } from './native-name.ts';

type TfNamespace = typeof TF;

const SCALE = 'PenumbraScale';

/**
 * activation(x · factor + shift) as one pass of oneDNN's batch norm with mean 0 and variance 1, by the inner name of TensorFlow's own rewriting.
 * The caller owns the result.
 */
function scaled(tf: TfNamespace, executor: KernelExecutor, [x, factor, shift]: readonly [TensorInfo, TensorInfo, TensorInfo], kind: Activation): Tensor {
  const channels = factor.shape[0] ?? 0;
  const [mean, variance] = [tf.zeros([channels]), tf.ones([channels])];
  const values = attributes(executor.binding, {
    T: 'float32',
    U: 'float32',
    data_format: { text: 'NHWC' },
    is_training: { bool: false },
    epsilon: { float: 0 },
    exponential_avg_factor: { float: 1 },
    activation_mode: { text: kind === 'relu' ? 'Relu' : 'Identity' },
    num_side_inputs: { int: 0 },
    _kernel: { text: 'MklNameChangeOp' },
  });
  const [y, ...moments] = executor.executeMultipleOutputs('_MklNativeFusedBatchNormEx', values, [x, factor, shift, mean, variance], 6);
  tf.dispose([mean, variance, ...moments]);
  return activated(executor, y as Tensor, kind === 'relu' ? 'linear' : kind);
}

/**
 * Registers the kernel.
 * @returns null where it is not there or not right: without oneDNN, and on GPUs
 */
export function nativeScale(tf: TfNamespace, executor: KernelExecutor): TensorOps['scale'] | null {
  if (!scalesRight(tf, executor)) return null;
  tf.registerKernel({
    kernelName: SCALE,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, factor, shift } = inputs as { x: TensorInfo; factor: TensorInfo; shift: TensorInfo };
      return scaled(tf, executor, [x, factor, shift], (attrs as unknown as { activation: Activation }).activation);
    },
  });
  tf.registerGradient({
    kernelName: SCALE,
    inputsToSave: ['x', 'factor'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, factor, y] = saved as [Tensor4D, Tensor1D, Tensor4D];
      const dz = activationGradient(executor, dy as Tensor, y, (attrs as unknown as { activation: Activation }).activation);
      return { x: () => tf.mul(dz, factor), factor: () => tf.sum(tf.mul(dz, x), [0, 1, 2]), shift: () => tf.sum(dz, [0, 1, 2]) };
    },
  });
  return (x, factor, shift, activation) => tf.engine().runKernel(SCALE, { x, factor, shift }, { activation });
}

function scalesRight(tf: TfNamespace, executor: KernelExecutor): boolean {
  if (executor.isUsingGpuDevice) return false;
  return tf.tidy(() => {
    const x = tf.mul<Tensor4D>(tf.sin(tf.reshape<TF.Rank.R4>(tf.range(0, 3 * 5 * 4), [1, 3, 5, 4])), 4);
    const [factor, shift] = [tf.tensor1d([1, -2, 0.5, 3]), tf.tensor1d([0.5, 0, -1, 2])];
    const plain = tf.add<Tensor>(tf.mul(x, factor), shift);
    try {
      return (['linear', 'relu', 'relu6'] as const).every((kind) => {
        const expected = kind === 'linear' ? plain : kind === 'relu' ? tf.relu(plain) : tf.relu6(plain);
        const [difference = Number.NaN] = tf.max(tf.abs(tf.sub(scaled(tf, executor, [x, factor, shift], kind), expected))).dataSync<'float32'>();
        return difference < 1e-4;
      });
    } catch {
      return false;
    }
  });
}
