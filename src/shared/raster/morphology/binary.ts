import type { ByteRaster } from '../rasters.ts';
import { labelComponents } from '../components/label-components.ts';
import { squaredDistance } from './distance-transform.ts';

/**
 * Morphology of masks with a disc of radius r: all (x, y) with x² + y² ≤ r², any r ≥ 0. What lies outside the image neither erodes nor dilates.
 * Results are 0 or 1. Each takes time in the number of pixels, whatever the radius.
 */

/** 1 where the disc about a pixel meets the mask. */
export function dilate(mask: ByteRaster, radiusPx: number): ByteRaster {
  return { ...mask, data: withinRadius(squaredDistance(inverse(mask)), radiusPx) };
}

/** 1 where the disc about a pixel, as far as it lies in the image, is inside the mask. */
export function erode(mask: ByteRaster, radiusPx: number): ByteRaster {
  return inverse({ ...mask, data: withinRadius(squaredDistance(mask), radiusPx) });
}

export function open(mask: ByteRaster, radiusPx: number): ByteRaster {
  return dilate(erode(mask, radiusPx), radiusPx);
}

export function close(mask: ByteRaster, radiusPx: number): ByteRaster {
  return erode(dilate(mask, radiusPx), radiusPx);
}

/** The mask with all that it encloses: pixels outside it from which no 4-connected way leads to the image's edge. */
export function fillHoles(mask: ByteRaster): ByteRaster {
  const { width, height } = mask;
  const outside = inverse(mask);
  const components = labelComponents(outside, 4);
  const reached = new Uint8Array(components.count);
  const mark = (pixel: number): void => {
    reached[components.data[pixel] ?? 0] = 1;
  };
  for (let x = 0; x < width && height > 0; x++) {
    mark(x);
    mark((height - 1) * width + x);
  }
  for (let y = 0; y < height && width > 0; y++) {
    mark(y * width);
    mark(y * width + width - 1);
  }
  return { ...mask, data: outside.data.map((out, pixel) => (out === 1 && reached[components.data[pixel] ?? 0] === 1 ? 0 : 1)) };
}

/** The mask without its components of fewer than `leastPx` pixels. */
export function removeSmall(mask: ByteRaster, leastPx: number, connectivity: 4 | 8): ByteRaster {
  const own = inverse(inverse(mask));
  const { data, sizes } = labelComponents(own, connectivity);
  return { ...mask, data: own.data.map((inside, pixel) => (inside === 1 && (sizes[data[pixel] ?? 0] ?? 0) >= leastPx ? 1 : 0)) };
}

/** 1 where the distance is at most the radius. */
function withinRadius(squaredDistances: Float64Array, radiusPx: number): Uint8Array {
  const near = new Uint8Array(squaredDistances.length);
  for (let at = 0; at < near.length; at++) near[at] = (squaredDistances[at] ?? 0) <= radiusPx * radiusPx ? 1 : 0;
  return near;
}

function inverse(mask: ByteRaster): ByteRaster {
  return { ...mask, data: mask.data.map((value) => (value === 0 ? 1 : 0)) };
}
