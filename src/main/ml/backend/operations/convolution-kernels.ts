import type { Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { PlainConvSpec } from '../ops.ts';
import type { AttributeValue } from '../native-kernels.ts';

export type Shape4D = [number, number, number, number];

/** Runs one TensorFlow kernel that gives one tensor. */
export type RunKernel = (name: string, values: Record<string, AttributeValue>, inputs: TensorInfo[]) => Tensor4D;

/** Runs a convolution without bias and activation. */
export type ForwardKernel = (x: TensorInfo, filter: TensorInfo, spec: PlainConvSpec) => Tensor4D;

/** Attributes that all kernels of one convolution share. */
export function convolutionSteps(spec: PlainConvSpec): Record<string, AttributeValue> {
  return {
    T: 'float32',
    strides: { int: [1, spec.stride, spec.stride, 1] },
    dilations: { int: [1, spec.dilation, spec.dilation, 1] },
    padding: { text: spec.pad.toUpperCase() },
    data_format: { text: 'NHWC' },
  };
}
