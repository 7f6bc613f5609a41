import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { isRecording } from '../unwinding-tape.ts';
import { NATIVE_NAME } from './native-name.ts';
import { gelu } from './normalisation.ts';
import type { TensorOps } from '../ops.ts';

type TfNamespace = typeof TF;

const LINEAR = 'PenumbraLinear';

/** oneDNN's fused product, which adds bias and activation while the result is still in cache, by the inner name of TensorFlow's own rewriting. */
function fusedProduct(executor: KernelExecutor, x: TensorInfo, weight: TensorInfo, bias: TensorInfo, fused: 'BiasAdd' | 'BiasAdd,GeluExact'): Tensor2D {
  const values = attributes(executor.binding, {
    T: 'float32',
    transpose_a: { bool: false },
    transpose_b: { bool: false },
    num_args: { int: 1 },
    fused_ops: { text: fused },
    epsilon: { float: 0 },
    leakyrelu_alpha: { float: 0 },
    is_filter_const: { bool: false },
    _kernel: { text: 'MklNameChangeOp' },
  });
  return executor.executeSingleOutput('_MklNativeFusedMatMul', values, [x, weight, bias]) as Tensor2D;
}

/**
 * Registers the kernel.
 * @returns null where the fused product is not there or not right
 */
export function nativeLinear(tf: TfNamespace, executor: KernelExecutor): TensorOps['linear'] | null {
  if (!fusesRight(tf, executor)) return null;
  tf.registerKernel({
    kernelName: LINEAR,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs }) => {
      const { x, weight, bias } = inputs as { x: TensorInfo; weight: TensorInfo; bias: TensorInfo };
      return fusedProduct(executor, x, weight, bias, 'BiasAdd');
    },
  });
  tf.registerGradient({
    kernelName: LINEAR,
    inputsToSave: ['x', 'weight'],
    gradFunc: (dy, saved) => {
      const [x, weight] = saved as [Tensor2D, Tensor2D];
      return {
        x: () => tf.matMul(dy as Tensor2D, weight, false, true),
        weight: () => tf.matMul(x, dy as Tensor2D, true, false),
        bias: () => tf.sum(dy as Tensor2D, 0),
      };
    },
  });
  return (x, weight, bias, activation) => {
    // The gradient of GELU reads what goes into it, which the fused kernel does not give out.
    if (activation === 'gelu' && !isRecording(tf)) return fusedProduct(executor, x, weight, bias, 'BiasAdd,GeluExact');
    const product: Tensor2D = tf.engine().runKernel(LINEAR, { x, weight, bias });
    return activation === 'gelu' ? gelu(tf, product) : product;
  };
}

function fusesRight(tf: TfNamespace, executor: KernelExecutor): boolean {
  return tf.tidy(() => {
    const x = tf.sin<Tensor2D>(tf.reshape<TF.Rank.R2>(tf.range(0, 5 * 6), [5, 6]));
    const weight = tf.cos<Tensor2D>(tf.reshape<TF.Rank.R2>(tf.range(0, 6 * 4), [6, 4]));
    const bias: Tensor1D = tf.tensor1d([-1, 0, 0.5, 2]);
    const plain = tf.add<Tensor>(tf.matMul(x, weight), bias);
    try {
      return (['BiasAdd', 'BiasAdd,GeluExact'] as const).every((fused) => {
        const expected = fused === 'BiasAdd' ? plain : gelu(tf, plain);
        const [difference = Number.NaN] = tf.max(tf.abs(tf.sub(fusedProduct(executor, x, weight, bias, fused), expected))).dataSync<'float32'>();
        return difference < 1e-4;
      });
    } catch {
      return false;
    }
  });
}
