import * as z from 'zod';
import { permuted, type HostTensor } from '#main/ml/nn/host-tensor.ts';

/** A tensor of the fixtures that PyTorch wrote. */
export const Packed = z
  .object({ shape: z.array(z.int()), values: z.array(z.number()) })
  .transform(({ shape, values }): HostTensor => ({ shape, values: Float32Array.from(values) }));

/** (B, C, H, W) to [B, H, W, C]. */
export function channelsLast(tensor: HostTensor): HostTensor {
  return permuted(tensor, [0, 2, 3, 1]);
}

/** Largest difference, relative to the largest expected magnitude (at least 0.01). Infinite where counts differ. */
export function deviation(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let magnitude = 0.01;
  for (let i = 0; i < expected.length; i += 1) {
    const [a, b] = [found[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    if (Number.isNaN(a)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
    magnitude = Math.max(magnitude, Math.abs(b));
  }
  return difference / magnitude;
}
