import type { RgbImage } from '#main/images/photo.ts';
import { shuffled, type Random } from '../random/random.ts';

/** How far each property may move; 0 leaves it alone. */
export interface JitterStrength {
  readonly brightness: number; // factor in [1 - b, 1 + b]
  readonly contrast: number; // factor in [1 - c, 1 + c]
  readonly saturation: number; // factor in [1 - s, 1 + s]
  readonly hue: number; // turn in [-h, h], a whole circle is 1
}

/** ITU-R 601 luma, as PIL's 'L'. */
const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;
const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/**
 * Colour jitter as torchvision's ColorJitter (methods/cam.md §0): the four changes in random order, each clamped to 0..255.
 * Takes and returns a photo; rounds once at the end.
 */
export function jitterColours(image: RgbImage, strength: JitterStrength, random: Random): RgbImage {
  const pixels = Float32Array.from(image.data);
  const changes = shuffled(['brightness', 'contrast', 'saturation', 'hue'] as const, random);
  for (const change of changes) {
    const reach = strength[change];
    // Drawn even when unused, so that switching one change off does not move the others.
    const draw = random.between(-reach, reach);
    if (reach === 0) continue;
    if (change === 'brightness') scaleTowards(pixels, 1 + draw, 0);
    else if (change === 'contrast') scaleTowards(pixels, 1 + draw, meanLuma(pixels));
    else if (change === 'saturation') scaleTowardsGrey(pixels, 1 + draw);
    else turnHue(pixels, draw);
  }
  return { width: image.width, height: image.height, data: Uint8Array.from(pixels, Math.round) };
}

function meanLuma(pixels: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += luma(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
  return sum / (pixels.length / 3);
}

function scaleTowards(pixels: Float32Array, factor: number, anchor: number): void {
  const offset = (1 - factor) * anchor;
  for (let at = 0; at < pixels.length; at++) pixels[at] = clamp(factor * (pixels[at] as number) + offset);
}

function scaleTowardsGrey(pixels: Float32Array, factor: number): void {
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = (1 - factor) * luma(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
    for (let channel = at; channel < at + 3; channel++) pixels[channel] = clamp(factor * (pixels[channel] as number) + grey);
  }
}

/** Turns the hue in HSV, leaving saturation and value. */
function turnHue(pixels: Float32Array, turn: number): void {
  for (let at = 0; at < pixels.length; at += 3) {
    const red = pixels[at] as number;
    const green = pixels[at + 1] as number;
    const blue = pixels[at + 2] as number;
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    const sector = value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
    const hue = sector + 6 * turn + 12; // sixths of a turn, positive
    pixels[at] = value - chroma * notIn(hue, 5);
    pixels[at + 1] = value - chroma * notIn(hue, 3);
    pixels[at + 2] = value - chroma * notIn(hue, 1);
  }
}

/** Share of the chroma that a channel lacks at this hue (HSV to RGB in closed form, Smith 1978). */
function notIn(hue: number, shift: number): number {
  const k = (hue + shift) % 6;
  return Math.max(0, Math.min(k, 4 - k, 1));
}
