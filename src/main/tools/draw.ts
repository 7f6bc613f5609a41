import { vocColour } from '#shared/domain/classes.ts';
import { boundaryMap } from '#shared/raster/boundary/boundary-map.ts';
import type { ByteRaster, IntRaster, Regions, RgbRaster } from '#shared/raster/rasters.ts';

export const LINE = [255, 230, 0] as const;
const BOX = [60, 160, 255] as const;

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

/** The picture with a box in blue: left, top, right, bottom in px, right and bottom outside. What of it lies outside the picture is left out. */
export function drawBox(picture: RgbRaster, [left, top, right, bottom]: readonly [number, number, number, number]): RgbRaster {
  const { width, height } = picture;
  const data = picture.data.slice();
  const paint = (x: number, y: number): void => {
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(BOX, (y * width + x) * 3);
  };
  for (let x = left; x < right; x++) for (const y of [top, bottom - 1]) paint(x, y);
  for (let y = top; y < bottom; y++) for (const x of [left, right - 1]) paint(x, y);
  return { width, height, data };
}

/** Regions in dim colours, and a line from centre to centre of each pair: x and y of pair i at 2 i and 2 i + 1. */
export function drawGraph(regions: Regions, pairs: Int32Array): RgbRaster {
  const { width, height, count } = regions;
  const data = new Uint8Array(width * height * 3);
  const centres = { x: new Float64Array(count), y: new Float64Array(count), pixels: new Float64Array(count) };
  for (const [pixel, region] of regions.data.entries()) {
    data.set(vocColour(((region * 37) % 254) + 1).map((value) => 40 + value / 3), pixel * 3);
    centres.x[region] = (centres.x[region] ?? 0) + (pixel % width);
    centres.y[region] = (centres.y[region] ?? 0) + Math.floor(pixel / width);
    centres.pixels[region] = (centres.pixels[region] ?? 0) + 1;
  }
  const centreOf = (region: number): [number, number] => {
    const pixels = centres.pixels[region] ?? 1;
    return [(centres.x[region] ?? 0) / pixels, (centres.y[region] ?? 0) / pixels];
  };
  for (let at = 0; at < pairs.length; at += 2) {
    const [fromX, fromY] = centreOf(pairs[at] ?? 0);
    const [toX, toY] = centreOf(pairs[at + 1] ?? 0);
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(fromX + ((toX - fromX) * step) / steps);
      const y = Math.round(fromY + ((toY - fromY) * step) / steps);
      data.set(LINE, (y * width + x) * 3);
    }
  }
  return { width, height, data };
}
