import type { PoolGeometry } from '../ops.ts';

/** Pixels added at one side and the other. */
export type SidePadding = readonly [before: number, after: number];

/** Taps span this many pixels of the input. */
function effectiveKernel(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** Padding of one direction by TensorFlow's SAME rule: the odd pixel goes after. */
export function samePadding(input: number, kernel: number, stride: number, dilation: number): SidePadding {
  const needed = Math.max((Math.ceil(input / stride) - 1) * stride + effectiveKernel(kernel, dilation) - input, 0);
  const before = Math.floor(needed / 2);
  return [before, needed - before];
}

/** Padding of one direction of a pool, with what a window that hangs over the end needs. */
export function poolSides(input: number, { kernel, stride, pad, ceil }: PoolGeometry): SidePadding {
  if (!ceil) return [pad, pad];
  let outputs = Math.ceil((input + 2 * pad - kernel) / stride) + 1;
  if ((outputs - 1) * stride >= input + pad) outputs -= 1;
  return [pad, Math.max((outputs - 1) * stride + kernel - input - pad, 0)];
}
