import type * as TF from '@tensorflow/tfjs-core';
import type { NamedAttrMap, NamedTensorMap, Tensor, Tensor1D, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation, PlainConvSpec, TensorOps } from '../ops.ts';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { generalConvolution } from './general-convolution.ts';
import { ACTIVATE, activated, activationGradient, ADD_ACTIVATED, registerActivations } from './native-activation.ts';
import { BATCH_NORM, registerBatchNorm } from './native-batch-norm.ts';
import { nativeCrossEntropy } from './native-cross-entropy.ts';
import { nativeLayerNorm } from './native-layer-norm.ts';
import { nativeLinear } from './native-linear.ts';
import { NATIVE_NAME } from './native-name.ts';
import { nativeScale } from './native-scale.ts';
import { nativeSoftmax } from './native-softmax.ts';
import { attend } from './normalisation.ts';
import { portableOps } from './portable.ts';
import { nativeConvolution, type NativeConvolution } from './native-convolution.ts';
import { fusedConvolution, type FusedConvolution } from './native-fused.ts';

type TfNamespace = typeof TF;

/** Names of two kernels: tfjs saves the same for every call of one, and the gradient reads the result where there is an activation alone. */
const CONVOLVE = { activated: 'PenumbraConvolve', linear: 'PenumbraConvolveLinear' } as const;

/**
 * Operations as TensorFlow kernels, registered with tfjs under names of this project so that gradients of inputs nobody asks for are not
 * computed.
 * Call once a process.
 */
export function nativeOps(tf: TfNamespace, executor: KernelExecutor): TensorOps {
  const convolution = nativeConvolution(tf, executor);
  const fused = fusedConvolution(tf, executor, convolution);
  registerConvolution(tf, executor, convolution, fused);
  registerBatchNorm(tf, executor);
  registerActivations(tf, executor);
  const portable = portableOps(tf);
  const softmax = nativeSoftmax(tf, executor);
  const run = (name: string, inputs: NamedTensorMap, attrs: NamedAttrMap): Tensor[] => {
    const result: Tensor | Tensor[] = tf.engine().runKernel(name, inputs, attrs);
    return Array.isArray(result) ? result : [result];
  };
  return {
    ...portable,
    convolve: generalConvolution(tf, (x, filter, bias, spec) => {
      // TensorFlow without oneDNN has no dilated kernels on CPUs.
      if (spec.dilation > 1 && !convolution.dilates) return portable.convolve(x, filter, bias, spec);
      const inputs: NamedTensorMap = bias === null ? { x, filter } : { x, filter, bias };
      return first(run(CONVOLVE[saving(spec.activation)], inputs, { ...spec })) as Tensor4D;
    }),
    activate: (x, activation) => (activation === 'linear' ? x : (first(run(ACTIVATE, { x }, { activation })) as Tensor4D)),
    addActivated: (a, b, activation) => (activation === 'linear' ? tf.add(a, b) : (first(run(ADD_ACTIVATED, { a, b }, { activation })) as Tensor4D)),
    ...(fused === null ? {} : { scale: nativeScale(tf, executor, fused) }),
    linear: nativeLinear(tf, executor) ?? ((...given) => portable.linear(...given)),
    crossEntropy: nativeCrossEntropy(tf, executor),
    layerNorm: nativeLayerNorm(tf, executor) ?? ((...given) => portable.layerNorm(...given)),
    attend: (qkv, spec) => attend(tf, qkv, spec, softmax),
    batchNormTraining: (x, gamma, beta, epsilon, activation, observe) => {
      const inputs: NamedTensorMap = { x, gamma, beta };
      const [y, mean, variance] = run(BATCH_NORM[saving(activation)], inputs, { epsilon, activation }) as [Tensor4D, Tensor1D, Tensor1D];
      tf.tidy(() => {
        observe({ mean, variance });
      });
      return y;
    },
  };
}

function first(tensors: readonly Tensor[]): Tensor {
  const [tensor] = tensors;
  if (tensor === undefined) throw new Error('a kernel returned nothing');
  return tensor;
}

function saving(activation: Activation): keyof typeof CONVOLVE {
  return activation === 'linear' ? 'linear' : 'activated';
}

function registerConvolution(tf: TfNamespace, executor: KernelExecutor, convolution: NativeConvolution, fused: FusedConvolution | null): void {
  const channelBias = attributes(executor.binding, { T: 'float32', data_format: { text: 'NHWC' } });
  const kernelFunc: TF.KernelFunc = ({ inputs, attrs }) => {
    const spec = attrs as unknown as PlainConvSpec;
    const { x, filter, bias } = inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
    if (bias !== undefined && fused !== null) return fused(x, filter, bias, spec);
    let result: Tensor = convolution.forward(x, filter, spec);
    if (bias !== undefined) {
      const biased = executor.executeSingleOutput('BiasAdd', channelBias, [result, bias]);
      result.dispose();
      result = biased;
    }
    return activated(executor, result, spec.activation);
  };
  const gradFunc: TF.GradFunc = (dy, saved, attrs) => {
    const spec = attrs as unknown as PlainConvSpec;
    const [x, filter, y] = saved as [Tensor4D, Tensor4D, Tensor4D?];
    const dz = activationGradient(executor, dy as Tensor, y, spec.activation) as Tensor4D; // [B, H', W', Cout]
    return {
      x: () => convolution.inputGradient(x.shape, filter, dz, spec),
      filter: () => convolution.filterGradient(x, filter.shape, dz, spec),
      bias: () => executor.executeSingleOutput('BiasAddGrad', channelBias, [dz]),
    };
  };
  for (const [kind, kernelName] of Object.entries(CONVOLVE)) {
    tf.registerKernel({ kernelName, backendName: NATIVE_NAME, kernelFunc });
    tf.registerGradient({ kernelName, inputsToSave: ['x', 'filter'], outputsToSave: [kind === 'activated'], gradFunc });
  }
}
