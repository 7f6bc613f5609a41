import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvSpec } from '../ops.ts';
import { attributes, type AttributeValue, type KernelExecutor } from '../native-kernels.ts';
import { interleaving } from './portable.ts';

type TfNamespace = typeof TF;
type Shape4D = [number, number, number, number];
type Run = (name: string, values: Record<string, AttributeValue>, inputs: TensorInfo[]) => Tensor4D;

/** Convolutions and their gradients as single TensorFlow kernels. Callers own what is returned. */
export interface NativeConvolution {
  /** False where this TensorFlow has no right dilated kernels. */
  readonly dilates: boolean;
  forward(x: TensorInfo, filter: TensorInfo, spec: ConvSpec): Tensor4D;
  inputGradient(inputShape: Shape4D, filter: Tensor4D, dz: Tensor4D, spec: ConvSpec): Tensor4D;
  filterGradient(x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: ConvSpec): Tensor4D;
}

export function nativeConvolution(tf: TfNamespace, executor: KernelExecutor): NativeConvolution {
  const run: Run = (name, values, inputs) => executor.executeSingleOutput(name, attributes(executor.binding, values), inputs) as Tensor4D;
  const shapeTensor = (shape: Shape4D): Tensor => tf.tensor1d(shape, 'int32');

  const forward = (x: TensorInfo, filter: TensorInfo, spec: ConvSpec): Tensor4D =>
    run(spec.kind === 'dense' ? 'Conv2D' : 'DepthwiseConv2dNative', convolutionSteps(spec), [x, filter]);

  const operations = {
    forward,
    inputGradient: (inputShape: Shape4D, filter: Tensor4D, dz: Tensor4D, spec: ConvSpec): Tensor4D =>
      tf.tidy(() => {
        if (spec.kind === 'depthwise' && spec.dilation > 1) return depthwiseInputGradient(tf, forward, inputShape, filter, dz, spec);
        const name = spec.kind === 'dense' ? 'Conv2DBackpropInput' : 'DepthwiseConv2dNativeBackpropInput';
        return run(name, convolutionSteps(spec), [shapeTensor(inputShape), filter, dz]);
      }),
    filterGradient: (x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: ConvSpec): Tensor4D =>
      tf.tidy(() => {
        if (spec.kind === 'depthwise' && spec.dilation > 1) return depthwiseFilterGradient(tf, run, x, filterShape, dz, spec);
        const name = spec.kind === 'dense' ? 'Conv2DBackpropFilter' : 'DepthwiseConv2dNativeBackpropFilter';
        return run(name, convolutionSteps(spec), [x, shapeTensor(filterShape), dz]);
      }),
  };
  return { ...operations, dilates: dilatesRight(tf, operations) };
}

/** Attributes that all kernels of one convolution share. */
export function convolutionSteps(spec: ConvSpec): Record<string, AttributeValue> {
  return {
    T: 'float32',
    strides: { int: [1, spec.stride, spec.stride, 1] },
    dilations: { int: [1, spec.dilation, spec.dilation, 1] },
    padding: { text: spec.pad.toUpperCase() },
    data_format: { text: 'NHWC' },
  };
}

/**
 * TensorFlow's depthwise gradient kernels silently ignore dilation on CPUs. At stride 1 the input's gradient is the same convolution
 * with the filter turned by 180 degrees.
 */
function depthwiseInputGradient(
  tf: TfNamespace,
  forward: NativeConvolution['forward'],
  inputShape: Shape4D,
  filter: Tensor4D,
  dz: Tensor4D,
  spec: ConvSpec,
): Tensor4D {
  const turned = tf.reverse(filter, [0, 1]);
  if (spec.pad === 'same') return forward(dz, turned, spec);
  const [rows, columns] = [(filter.shape[0] - 1) * spec.dilation, (filter.shape[1] - 1) * spec.dilation];
  const padded = tf.pad(dz, [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
  return tf.reshape(forward(padded, turned, { ...spec, pad: 'valid' }), inputShape);
}

/**
 * On each of dilation² interleaved grids the convolution is a plain one, whose kernel is right; grids lie in the batch axis, over which
 * the kernel sums. Five to ten times faster than summing tap by tap.
 */
function depthwiseFilterGradient(tf: TfNamespace, run: Run, x: Tensor4D, filterShape: Shape4D, dz: Tensor4D, spec: ConvSpec): Tensor4D {
  const block: [number, number] = [spec.dilation, spec.dilation];
  const { paddings, crops } = interleaving(x.shape, filterShape, spec);
  const grids = tf.spaceToBatchND(x, block, paddings); // [B*d*d, h, w, C]
  const gradientGrids = tf.spaceToBatchND(dz, block, crops); // [B*d*d, h', w', C], zeros where the crop was
  const plain = convolutionSteps({ ...spec, dilation: 1, pad: 'valid' });
  return run('DepthwiseConv2dNativeBackpropFilter', plain, [grids, tf.tensor1d(filterShape, 'int32'), gradientGrids]);
}

/** Tries dilated kernels on a small known case: without oneDNN, TensorFlow refuses some and miscomputes others. */
function dilatesRight(tf: TfNamespace, operations: Omit<NativeConvolution, 'dilates'>): boolean {
  const spec: ConvSpec = { kind: 'dense', stride: 1, dilation: 2, pad: 'same', activation: 'linear' };
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
