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

/** Where one tap of a filter and the photo overlap, along one direction; length 0 where the tap sees padding alone. */
export interface TapOverlap {
  /** First pixel that the tap reads, and first result that it goes into. */
  readonly input: number;
  readonly output: number;
  readonly length: number;
}

/** Of each tap of a convolution of stride 1. */
export function tapOverlaps(input: number, kernel: number, { pad, dilation }: { readonly pad: 'same' | 'valid'; readonly dilation: number }): TapOverlap[] {
  const [before] = pad === 'same' ? samePadding(input, kernel, 1, dilation) : [0];
  const output = pad === 'same' ? input : input - effectiveKernel(kernel, dilation) + 1;
  return Array.from({ length: kernel }, (_, tap) => {
    const shift = tap * dilation - before;
    const first = Math.max(0, -shift);
    return { input: first + shift, output: first, length: Math.max(0, Math.min(output, input - shift) - first) };
  });
}

/** Padding of one direction of a pool, with what a window that hangs over the end needs. */
export function poolSides(input: number, { kernel, stride, pad, ceil }: PoolGeometry): SidePadding {
  if (!ceil) return [pad, pad];
  let outputs = Math.ceil((input + 2 * pad - kernel) / stride) + 1;
  if ((outputs - 1) * stride >= input + pad) outputs -= 1;
  return [pad, Math.max((outputs - 1) * stride + kernel - input - pad, 0)];
}
