import type { Rgb } from '#shared/domain/classes.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { resizeLabelsNearest } from '#shared/raster/resize/resize.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { Picture } from '../stage.ts';

/** Pictures for the eye alone: nothing here feeds a net, and nothing draws random numbers. */

const GAP_PX = 6;
const DOT_PX = 10;
const PAPER = 28;

/** One place of a contact sheet: a picture, with a dot a class under it. */
export interface SheetCell {
  readonly picture: Picture;
  readonly dots: readonly Rgb[];
}

/** Cells in rows of `columns`, each as large as the largest, on dark grey. Null without cells. */
export function contactSheet(cells: readonly SheetCell[], columns: number): Picture | null {
  if (cells.length === 0) return null;
  const across = Math.min(columns, cells.length);
  const cellWidth = Math.max(...cells.map(({ picture }) => picture.width));
  const pictureHeight = Math.max(...cells.map(({ picture }) => picture.height));
  const cellHeight = pictureHeight + (cells.some(({ dots }) => dots.length > 0) ? GAP_PX + DOT_PX : 0);
  const width = GAP_PX + across * (cellWidth + GAP_PX);
  const height = GAP_PX + Math.ceil(cells.length / across) * (cellHeight + GAP_PX);
  const sheet = { width, height, rgb: new Uint8Array(width * height * 3).fill(PAPER) };
  for (const [at, { picture, dots }] of cells.entries()) {
    const left = GAP_PX + (at % across) * (cellWidth + GAP_PX);
    const top = GAP_PX + Math.floor(at / across) * (cellHeight + GAP_PX);
    paste(sheet, picture, left, top);
    const fitting = Math.floor((cellWidth + GAP_PX) / (DOT_PX + GAP_PX));
    for (const [dot, colour] of dots.slice(0, fitting).entries()) {
      paste(sheet, filled(DOT_PX, DOT_PX, colour), left + dot * (DOT_PX + GAP_PX), top + pictureHeight + GAP_PX);
    }
  }
  return sheet;
}

/** Two pictures of one height side by side. */
export function beside(left: Picture, right: Picture): Picture {
  const width = left.width + 2 + right.width;
  const height = Math.max(left.height, right.height);
  const both = { width, height, rgb: new Uint8Array(width * height * 3).fill(PAPER) };
  paste(both, left, 0, 0);
  paste(both, right, left.width + 2, 0);
  return both;
}

/** A photo as nets take it, RGB in -1..1, [height, width, 3], each pixel the mean of those it covers. */
export function photoPicture({ width: fromWidth, height: fromHeight, pixels }: Size & { readonly pixels: Float32Array }, size: Size): Picture {
  const { width, height } = size;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = covered(y, fromHeight, height);
    for (let x = 0; x < width; x++) {
      const [left, right] = covered(x, fromWidth, width);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) for (let column = left; column < right; column++) sum += pixels[(row * fromWidth + column) * 3 + channel] ?? 0;
        const mean = sum / ((bottom - top) * (right - left));
        rgb[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round((mean + 1) * 127.5)));
      }
    }
  }
  return { width, height, rgb };
}

/** A label map in its classes' colours. */
export function labelPicture(map: LabelMap, size: Size, palette: readonly Rgb[]): Picture {
  const { width, height, data } = resizeLabelsNearest(map, size);
  const rgb = new Uint8Array(width * height * 3);
  for (const [at, label] of data.entries()) rgb.set(palette[label] ?? [0, 0, 0], at * 3);
  return { width, height, rgb };
}

/** Source pixels first..end that one of `target` pixels covers; at least one. */
function covered(at: number, source: number, target: number): readonly [number, number] {
  const first = Math.min(source - 1, Math.floor((at * source) / target));
  return [first, Math.max(first + 1, Math.floor(((at + 1) * source) / target))];
}

function filled(width: number, height: number, [red, green, blue]: Rgb): Picture {
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => [red, green, blue][at % 3] ?? 0) };
}

function paste(onto: Picture, { width, height, rgb }: Picture, left: number, top: number): void {
  for (let y = 0; y < height; y++) onto.rgb.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * onto.width + left) * 3);
}
