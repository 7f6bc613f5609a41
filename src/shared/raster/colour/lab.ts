import { assertLength } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { RgbRaster } from '../rasters.ts';
import { checkpoint, runsOf, type RasterTask } from '../raster-task.ts';

/** scikit-image 0.26 color/colorconv.py: sRGB, D65 seen by the 2° observer. */
const XYZ_FROM_RGB = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
] as const;
const WHITE = [0.95047, 1, 1.08883] as const;

/** 0..1 as skimage.img_as_float has it, which multiplies: one in ten differs from byte / 255 in its last bit. */
export function shareOfByte(byte: number): number {
  return byte * (1 / 255);
}

/** Linear light of an sRGB channel in 0..1. */
function linear(channel: number): number {
  return channel > 0.04045 ? Math.pow((channel + 0.055) / 1.055, 2.4) : channel / 12.92;
}

function compressed(ratio: number): number {
  return ratio > 0.008856 ? Math.cbrt(ratio) : 7.787 * ratio + 16 / 116;
}

/**
 * CIE L*a*b*, three values a pixel, as skimage.color.rgb2lab computes it in float64. `valueOf` tells the 0..1 that a byte stands for; default
 * `shareOfByte`.
 */
export function labOf(image: RgbRaster, valueOf: (byte: number) => number = shareOfByte, task?: RasterTask): Float64Array {
  assertLength('Lab', image.width, image.height, 3, image.data.length);
  assertFitsPixels('Lab', image, 24);
  const light = Float64Array.from({ length: 256 }, (_, byte) => linear(valueOf(byte)));
  const lab = new Float64Array(image.data.length);
  for (const [from, to] of runsOf(lab.length / 3, 1, task)) {
    for (let at = 3 * from; at < 3 * to; at += 3) {
      const r = light[image.data[at] ?? 0] ?? 0;
      const g = light[image.data[at + 1] ?? 0] ?? 0;
      const b = light[image.data[at + 2] ?? 0] ?? 0;
      const x = compressed((XYZ_FROM_RGB[0][0] * r + XYZ_FROM_RGB[0][1] * g + XYZ_FROM_RGB[0][2] * b) / WHITE[0]);
      const y = compressed((XYZ_FROM_RGB[1][0] * r + XYZ_FROM_RGB[1][1] * g + XYZ_FROM_RGB[1][2] * b) / WHITE[1]);
      const z = compressed((XYZ_FROM_RGB[2][0] * r + XYZ_FROM_RGB[2][1] * g + XYZ_FROM_RGB[2][2] * b) / WHITE[2]);
      lab[at] = 116 * y - 16;
      lab[at + 1] = 500 * (x - y);
      lab[at + 2] = 200 * (y - z);
    }
  }
  checkpoint(task, 1);
  return lab;
}
