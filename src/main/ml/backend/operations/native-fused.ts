import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation, PlainConvSpec } from '../ops.ts';
import { attributes, type AttributeValue, type KernelExecutor } from '../native-kernels.ts';
import { convolutionSteps } from './convolution-kernels.ts';
import type { NativeConvolution } from './native-convolution.ts';

type TfNamespace = typeof TF;

/** activation(conv(x, filter) + bias) as one kernel. The caller owns the result. */
export type FusedConvolution = (x: TensorInfo, filter: TensorInfo, bias: TensorInfo, spec: PlainConvSpec) => Tensor4D;

const FUSED_OPS: Readonly<Record<Activation, string>> = { linear: 'BiasAdd', relu: 'BiasAdd,Relu', relu6: 'BiasAdd,Relu6' };

/**
 * oneDNN's fused convolutions, which add bias and activation while the result is still in cache: a forward pass takes about two thirds
 * of the time.
 * TensorFlow reaches them only in compiled graphs, so they are called by their inner names, with the label that its own rewriting adds.
 * @returns null where they are not there or not right: without oneDNN, on GPUs, with a binding that can't set list attributes
 */
export function fusedConvolution(tf: TfNamespace, executor: KernelExecutor, convolution: NativeConvolution): FusedConvolution | null {
  const fused: FusedConvolution = (x, filter, bias, spec) => {
    const values: Record<string, AttributeValue> = {
      ...convolutionSteps(spec),
      num_args: { int: 1 },
      fused_ops: { text: FUSED_OPS[spec.activation] },
      _kernel: { text: 'MklNameChangeOp' },
    };
    if (spec.kind === 'dense') Object.assign(values, { TArgs: 'float32', num_host_args: { int: 0 } });
    const name = spec.kind === 'dense' ? '_MklNativeFusedConv2D' : '_MklNativeFusedDepthwiseConv2dNative';
    return executor.executeSingleOutput(name, attributes(executor.binding, values), [x, filter, bias]) as Tensor4D;
  };
  return fusesRight(tf, fused, convolution) ? fused : null;
}

/** Compares both kinds and all activations with separate kernels on a small case whose results lie on both sides of 0 and 6. */
function fusesRight(tf: TfNamespace, fused: FusedConvolution, convolution: NativeConvolution): boolean {
  const cases = (['dense', 'depthwise'] as const).flatMap((kind) =>
    ([1, 2] as const).flatMap((stride) =>
      (['linear', 'relu', 'relu6'] as const).map((activation): PlainConvSpec => ({ kind, stride, dilation: 1, pad: 'same', activation })),
    ),
  );
  return tf.tidy(() => {
    const ramp = tf.reshape<TF.Rank.R4>(tf.range(0, 6 * 5 * 4), [1, 6, 5, 4]);
    const x = tf.sin<Tensor4D>(ramp);
    const bias = tf.tensor1d([-4, 0.5, 2, 6]);
    try {
      return cases.every((spec) => {
        const outputs = spec.kind === 'dense' ? 4 : 1;
        const filter = tf.cos<Tensor4D>(tf.reshape<TF.Rank.R4>(tf.range(0, 36 * outputs), [3, 3, 4, outputs]));
        const plain = tf.add(convolution.forward(x, filter, spec), bias);
        const expected = spec.activation === 'linear' ? plain : spec.activation === 'relu' ? tf.relu(plain) : tf.relu6(plain);
        const [difference = Number.NaN] = tf.max(tf.abs(tf.sub(fused(x, filter, bias, spec), expected))).dataSync<'float32'>();
        return difference < 1e-4;
      });
    } catch {
      return false;
    }
  });
}
