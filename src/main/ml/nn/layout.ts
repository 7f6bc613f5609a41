import { permuted, type HostTensor } from './host-tensor.ts';

/**
 * How a parameter lies in the engine and in the reference (PyTorch), whose names and shapes files use (networks-formats.md §0):
 * convolution [kh, kw, Cin, Cout] / (Cout, Cin, kh, kw); depthwise [kh, kw, C, 1] / (C, 1, kh, kw); linear [in, out] / (out, in); vector
 * alike.
 */
export type ParameterLayout = 'convolution' | 'depthwise' | 'linear' | 'vector';

const TO_REFERENCE: Readonly<Record<ParameterLayout, readonly number[] | null>> = {
  convolution: [3, 2, 0, 1],
  depthwise: [2, 3, 0, 1],
  linear: [1, 0],
  vector: null,
};

const FROM_REFERENCE: Readonly<Record<ParameterLayout, readonly number[] | null>> = {
  convolution: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
  linear: [1, 0],
  vector: null,
};

export function toReference(tensor: HostTensor, layout: ParameterLayout): HostTensor {
  const order = TO_REFERENCE[layout];
  return order === null ? tensor : permuted(tensor, order);
}

export function fromReference(tensor: HostTensor, layout: ParameterLayout): HostTensor {
  const order = FROM_REFERENCE[layout];
  return order === null ? tensor : permuted(tensor, order);
}

export function referenceShape(shape: readonly number[], layout: ParameterLayout): readonly number[] {
  const order = TO_REFERENCE[layout];
  return order === null ? shape : order.map((axis) => shape[axis] ?? 0);
}
