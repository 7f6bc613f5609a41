import { vocColour } from '#shared/domain/classes.ts';
import { boundaryMap } from '#shared/raster/boundary/boundary-map.ts';
import type { ByteRaster, IntRaster, RgbRaster } from '#shared/raster/rasters.ts';

const LINE = [255, 230, 0] as const;

/** The photo with the borders between regions in yellow. */
export function drawBorders(photo: RgbRaster, regions: IntRaster): RgbRaster {
  return drawMask(photo, boundaryMap(regions));
}

/** The photo with the pixels of a mask in yellow. */
export function drawMask(photo: RgbRaster, mask: ByteRaster): RgbRaster {
  const data = photo.data.slice();
  for (const [pixel, value] of mask.data.entries()) if (value !== 0) data.set(LINE, pixel * 3);
  return { ...photo, data };
}

/** Grey from black at 0 to white at the largest; Infinity is white too. */
export function drawHeat({ width, height, data }: { readonly width: number; readonly height: number; readonly data: Float32Array }): RgbRaster {
  let most = 0;
  for (const value of data) if (value > most && value !== Infinity) most = value;
  const picture = new Uint8Array(width * height * 3);
  for (const [pixel, value] of data.entries()) if (value > 0) picture.fill(value === Infinity ? 255 : Math.round((255 * value) / most), pixel * 3, pixel * 3 + 3);
  return { width, height, data: picture };
}

/** Each number in a colour; 0 is black. */
export function drawNumbers({ width, height, data }: IntRaster): RgbRaster {
  const picture = new Uint8Array(width * height * 3);
  for (const [pixel, value] of data.entries()) if (value !== 0) picture.set(vocColour(((Math.abs(value) * 37) % 254) + 1), pixel * 3);
  return { width, height, data: picture };
}
