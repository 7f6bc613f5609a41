import type { Size } from '#shared/raster/planes.ts';
import type { Random } from '../random/random.ts';

/** Where a square crop window lies: per axis, `length` pixels from `source` in the image land at `target` in the window. */
export interface WindowAxis {
  readonly source: number; // px in the image
  readonly target: number; // px in the window
  readonly length: number; // px
}

export interface CropWindow {
  readonly side: number; // px
  readonly x: WindowAxis;
  readonly y: WindowAxis;
}

/**
 * Random crop with the published padding rule (psa `RandomCrop`, methods/cam.md §0): a larger image is cut at a random
 * offset, a smaller one is laid at a random offset into an empty canvas; each axis on its own.
 */
export function randomWindow(size: Size, side: number, random: Random): CropWindow {
  const axis = (length: number): WindowAxis =>
    length > side
      ? { source: random.integer(0, length - side), target: 0, length: side }
      : { source: 0, target: random.integer(0, side - length), length };
  return { side, x: axis(size.width), y: axis(size.height) };
}

/** What one window pixel takes from the image, mirrored or not. */
function sourceColumn(window: CropWindow, width: number, mirrored: boolean, column: number): number {
  const x = window.x.source + column;
  return mirrored ? width - 1 - x : x;
}

/**
 * Cuts the window out of a photo (seen mirrored when asked) and maps RGB 0..255 to -1..1, the input of EfficientNet-Lite0
 * (networks-formats.md §1.5). The canvas around a smaller photo is 0 after this mapping, as published.
 * @returns [side, side, 3]
 */
export function cutPhoto(photo: { readonly width: number; readonly data: Uint8Array }, window: CropWindow, mirrored: boolean): Float32Array {
  const { side } = window;
  const pixels = new Float32Array(side * side * 3);
  for (let row = 0; row < window.y.length; row++) {
    const sourceRow = (window.y.source + row) * photo.width;
    let target = ((window.y.target + row) * side + window.x.target) * 3;
    for (let column = 0; column < window.x.length; column++, target += 3) {
      const source = (sourceRow + sourceColumn(window, photo.width, mirrored, column)) * 3;
      pixels[target] = (photo.data[source] as number) / 127.5 - 1;
      pixels[target + 1] = (photo.data[source + 1] as number) / 127.5 - 1;
      pixels[target + 2] = (photo.data[source + 2] as number) / 127.5 - 1;
    }
  }
  return pixels;
}

/** Cuts the same window out of a label map; the canvas around it is `padding` (255: counts nowhere). Returns [side, side]. */
export function cutLabels(
  labels: { readonly width: number; readonly data: Uint8Array },
  window: CropWindow,
  mirrored: boolean,
  padding: number,
): Uint8Array {
  const { side } = window;
  const result = new Uint8Array(side * side).fill(padding);
  for (let row = 0; row < window.y.length; row++) {
    const sourceRow = (window.y.source + row) * labels.width;
    const targetRow = (window.y.target + row) * side + window.x.target;
    for (let column = 0; column < window.x.length; column++) {
      result[targetRow + column] = labels.data[sourceRow + sourceColumn(window, labels.width, mirrored, column)] as number;
    }
  }
  return result;
}

/** A whole photo as network input, RGB 0..255 to -1..1, mirrored when asked: [height, width, 3]. */
export function wholePhoto(photo: { readonly width: number; readonly height: number; readonly data: Uint8Array }, mirrored: boolean): Float32Array {
  const pixels = new Float32Array(photo.width * photo.height * 3);
  for (let y = 0, target = 0; y < photo.height; y++) {
    for (let x = 0; x < photo.width; x++, target += 3) {
      const source = (y * photo.width + (mirrored ? photo.width - 1 - x : x)) * 3;
      pixels[target] = (photo.data[source] as number) / 127.5 - 1;
      pixels[target + 1] = (photo.data[source + 1] as number) / 127.5 - 1;
      pixels[target + 2] = (photo.data[source + 2] as number) / 127.5 - 1;
    }
  }
  return pixels;
}
