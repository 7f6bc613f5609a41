import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { PlainConvSpec } from '../ops.ts';
import { attributes, type KernelExecutor } from '../native-kernels.ts';
import { convolutionSteps, type ForwardKernel, type RunKernel, type Shape4D } from './convolution-kernels.ts';
import { byCorrelation, byInterleaving, byTurnedFilter } from './depthwise-gradients.ts';
import { filterGradientByTaps, tapsPay, type TransposedProduct } from './filter-gradient-taps.ts';

type TfNamespace = typeof TF;

/**
 * Height of depthwise filters from which correlating is the faster way to their gradient (measured: 3 x 3 slower, 5 x 5 two to three
 * times faster).
 */
const CORRELATED_KERNEL = 5;

/** Convolutions and their gradients as single TensorFlow kernels. Callers own what is returned. */
export interface NativeConvolution {
  /** False where this TensorFlow has no right dilated kernels. */
  readonly dilates: boolean;
  readonly forward: ForwardKernel;
  inputGradient(inputShape: Shape4D, filter: Tensor4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D;
  filterGradient(x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D;
}

export function nativeConvolution(tf: TfNamespace, executor: KernelExecutor): NativeConvolution {
  const run: RunKernel = (name, values, inputs) =>
    executor.executeSingleOutput(name, attributes(executor.binding, values), inputs) as Tensor4D;
  const shapeTensor = (shape: Shape4D): Tensor => tf.tensor1d(shape, 'int32');

  const forward: ForwardKernel = (x, filter, spec) =>
    run(spec.kind === 'dense' ? 'Conv2D' : 'DepthwiseConv2dNative', convolutionSteps(spec), [x, filter]);

  const transposedProduct: TransposedProduct = (left, right) =>
    executor.executeSingleOutput('MatMul', attributes(executor.binding, { T: 'float32', transpose_a: { bool: true }, transpose_b: { bool: false } }), [
      left,
      right,
    ]) as Tensor2D;

  // Set below: what pays was measured with oneDNN's kernels.
  const known = { oneDnn: false };
  const depthwiseFilterGradient = (x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D => {
    const correlates = spec.stride === 1 && known.oneDnn && filterShape[0] >= CORRELATED_KERNEL;
    if (correlates) return byCorrelation(tf, forward, x, filterShape, dz, spec);
    if (spec.dilation > 1) return byInterleaving(tf, run, x, filterShape, dz, spec);
    return run('DepthwiseConv2dNativeBackpropFilter', convolutionSteps(spec), [x, shapeTensor(filterShape), dz]);
  };

  const operations = {
    forward,
    inputGradient: (inputShape: Shape4D, filter: Tensor4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D =>
      tf.tidy(() => {
        if (spec.kind === 'depthwise' && spec.dilation > 1) return byTurnedFilter(tf, forward, inputShape, filter, dz, spec);
        const name = spec.kind === 'dense' ? 'Conv2DBackpropInput' : 'DepthwiseConv2dNativeBackpropInput';
        return run(name, convolutionSteps(spec), [shapeTensor(inputShape), filter, dz]);
      }),
    filterGradient: (x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: PlainConvSpec): Tensor4D =>
      tf.tidy(() => {
        if (spec.kind === 'depthwise') return depthwiseFilterGradient(x, filterShape, dz, spec);
        if (known.oneDnn && tapsPay(x.shape, filterShape, spec)) return filterGradientByTaps(tf, transposedProduct, x, filterShape, dz, spec);
        return run('Conv2DBackpropFilter', convolutionSteps(spec), [x, shapeTensor(filterShape), dz]);
      }),
  };
  const dilates = dilatesRight(tf, operations);
  known.oneDnn = dilates && !executor.isUsingGpuDevice;
  return { ...operations, dilates };
}

/** Tries dilated kernels on a small known case: without oneDNN, TensorFlow refuses some and miscomputes others. */
function dilatesRight(tf: TfNamespace, operations: Omit<NativeConvolution, 'dilates'>): boolean {
  const spec: PlainConvSpec = { kind: 'dense', stride: 1, dilation: 2, pad: 'same', activation: 'linear' };
  return tf.tidy(() => {
    const x = tf.reshape<TF.Rank.R4>(tf.range(0, 49), [1, 7, 7, 1]);
    const filter = tf.reshape<TF.Rank.R4>(tf.range(1, 10), [3, 3, 1, 1]);
    try {
      return (['dense', 'depthwise'] as const).every((kind) => {
        const y = operations.forward(x, filter, { ...spec, kind });
        const dx = operations.inputGradient(x.shape, filter, y, { ...spec, kind });
        const dw = operations.filterGradient(x, filter.shape, y, { ...spec, kind });
        // Adjointness: <y, conv(x)> = <conv'(y), x> = <dw, filter>, and one value computed by hand below.
        const norm = inner(tf, y, y);
        return centreIsRight(y) && close(inner(tf, dx, x), norm) && close(inner(tf, dw, filter), norm);
      });
    } catch {
      return false;
    }
  });
}

function inner(tf: TfNamespace, a: Tensor, b: Tensor): number {
  return tf.tidy(() => tf.sum(tf.mul(a, b)).dataSync()[0] ?? Number.NaN);
}

function close(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= 1e-4 * Math.abs(expected);
}

/** Middle output of the check: sum over taps of weight (1..9) times the pixel (row 1, 3, 5; column 1, 3, 5) of a 7 x 7 ramp. */
function centreIsRight(y: Tensor4D): boolean {
  let expected = 0;
  for (let tap = 0; tap < 9; tap += 1) expected += (tap + 1) * ((1 + 2 * Math.floor(tap / 3)) * 7 + 1 + 2 * (tap % 3));
  return close(y.dataSync()[24] ?? Number.NaN, expected);
}
