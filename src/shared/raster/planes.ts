import { badInput } from './bad-input.ts';

/**
 * Per-pixel values of several classes or labels as one planar array: plane after plane, each row-major.
 * The form of CAMs, probabilities and Q maps everywhere outside the CRF.
 */
export interface Planes {
  readonly count: number;
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Float32Array; // [count, height, width]
}

export interface Size {
  readonly width: number; // px
  readonly height: number; // px
}

/** Throws BAD_REQUEST when the array does not have the size that the planes claim, or they claim one that is none. */
export function assertPlanes({ count, width, height, data }: Planes): void {
  const expected = count * width * height;
  if ([count, width, height].every((side) => Number.isInteger(side) && side >= 0) && data.length === expected) return;
  throw badInput('planes', `${data.length} values for ${count}×${height}×${width}; expected ${expected}`, 'Pass an array of the size that the planes have.');
}
