import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation } from '../ops.ts';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { NATIVE_NAME } from './native-name.ts';

type TfNamespace = typeof TF;

export const ACTIVATE = 'PenumbraActivate';
export const ADD_ACTIVATED = 'PenumbraAddActivated';

/** activation(x); x is let go unless it is the result. */
export function activated(executor: KernelExecutor, x: Tensor, kind: Activation): Tensor {
  if (kind === 'linear') return x;
  const y = activation(executor, x, kind);
  x.dispose();
  return y;
}

function activation(executor: KernelExecutor, x: TensorInfo, kind: Exclude<Activation, 'linear'>): Tensor {
  return executor.executeSingleOutput(kind === 'relu' ? 'Relu' : 'Relu6', attributes(executor.binding, { T: 'float32' }), [x]);
}

/** Gradient before the activation, from the one after it and the activated value. A new tensor unless linear. */
export function activationGradient(executor: KernelExecutor, dy: Tensor, y: Tensor | undefined, kind: Activation): Tensor {
  if (kind === 'linear') return dy;
  if (y === undefined) throw new Error(`the gradient of ${kind} reads its result`);
  return executor.executeSingleOutput(kind === 'relu' ? 'ReluGrad' : 'Relu6Grad', attributes(executor.binding, { T: 'float32' }), [dy, y]);
}

/** tfjs' own keep what goes in, which nobody else reads; these keep the result, which the next layer keeps anyway. */
export function registerActivations(tf: TfNamespace, executor: KernelExecutor): void {
  type Attributes = { activation: Exclude<Activation, 'linear'> };
  tf.registerKernel({
    kernelName: ACTIVATE,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => activation(executor, inputs['x'] as TensorInfo, (attrs as unknown as Attributes).activation),
  });
  tf.registerKernel({
    kernelName: ADD_ACTIVATED,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const sum = executor.executeSingleOutput('AddV2', attributes(executor.binding, { T: 'float32' }), [inputs['a'] as TensorInfo, inputs['b'] as TensorInfo]);
      return activated(executor, sum, (attrs as unknown as Attributes).activation);
    },
  });
  const gradient = (dy: Tensor | Tensor[], saved: Tensor[], attrs: TF.NamedAttrMap): Tensor =>
    activationGradient(executor, dy as Tensor, saved[0], (attrs as unknown as Attributes).activation);
  tf.registerGradient({
    kernelName: ACTIVATE,
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => ({ x: () => gradient(dy, saved, attrs) }),
  });
  tf.registerGradient({
    kernelName: ADD_ACTIVATED,
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const dz = gradient(dy, saved, attrs);
      return { a: () => tf.clone(dz), b: () => tf.clone(dz) };
    },
  });
}
