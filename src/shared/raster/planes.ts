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

/** Throws when the array does not have the size that the planes claim; a defect of the caller. */
export function assertPlanes(planes: Planes): void {
  const expected = planes.count * planes.width * planes.height;
  if (planes.data.length !== expected) {
    throw new RangeError(
      `planes: expected ${planes.count}×${planes.height}×${planes.width} = ${expected} values, got ${planes.data.length}`,
    );
  }
}
