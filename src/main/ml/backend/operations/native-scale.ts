import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation, TensorOps } from '../ops.ts';
import type { KernelExecutor } from '../native-kernels.ts';
import { activationGradient } from './native-activation.ts';
import type { FusedConvolution } from './native-fused.ts';
import { NATIVE_NAME } from './native-name.ts';

type TfNamespace = typeof TF;

const SCALE = 'PenumbraScale';

/** Registers activation(x · factor + shift) as one pass: a depthwise convolution of one tap. */
export function nativeScale(tf: TfNamespace, executor: KernelExecutor, fused: FusedConvolution): TensorOps['scale'] {
  tf.registerKernel({
    kernelName: SCALE,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, factor, shift } = inputs as { x: TensorInfo; factor: Tensor1D; shift: TensorInfo };
      const filter = tf.reshape(factor, [1, 1, factor.size, 1]);
      const { activation } = attrs as unknown as { activation: Activation };
      const y = fused(x, filter, shift, { kind: 'depthwise', stride: 1, dilation: 1, pad: 'valid', activation });
      filter.dispose();
      return y;
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
