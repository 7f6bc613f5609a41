import type { PixelRect } from '../geometry.ts';
import type { ViewState } from '../view/viewport.ts';
import { heatColours, type HeatPalette } from '#shared/raster/heat-palettes.ts';

/** Scores 0..1 over a photo, often coarser than it: cell (0, 0) covers the photo's top left corner. */
export interface ScorePlane {
  readonly width: number; // cells
  readonly height: number; // cells
  readonly scores: Float32Array; // [height * width]
}

export interface HeatLook {
  readonly palette: HeatPalette;
  /** Scores below are not shown. */
  readonly threshold: number;
}

/** Colours of 256 steps of score as RGBA in one number; nothing below the threshold. */
export function heatTable({ palette, threshold }: HeatLook): Uint32Array {
  const table = new Uint32Array(256);
  heatColours(palette).forEach(([red, green, blue], step) => {
    if (step / 255 >= threshold) table[step] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
  return table;
}

/**
 * Draws the scores that the device px of `rect` show into `out`, row-major from the rectangle's corner. Scores are interpolated between
 * the centres of cells; `view` maps px of a photo of `photo` size, whatever the plane's own size.
 */
export function drawHeat(plane: ScorePlane, photo: { width: number; height: number }, table: Uint32Array, view: ViewState, rect: PixelRect, out: Uint32Array): void {
  const width = rect.x1 - rect.x0;
  const xs = cellsAcross(rect.x0, rect.x1, view.x, (view.scale * photo.width) / plane.width, plane.width);
  const ys = cellsAcross(rect.y0, rect.y1, view.y, (view.scale * photo.height) / plane.height, plane.height);
  const { scores } = plane;
  for (let y = 0; y < rect.y1 - rect.y0; y++) {
    const upper = (ys.first[y] ?? -1) * plane.width;
    const lower = (ys.second[y] ?? 0) * plane.width;
    const down = ys.share[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const left = xs.first[x] ?? -1;
      if (upper < 0 || left < 0) {
        out[y * width + x] = 0;
        continue;
      }
      const right = xs.second[x] ?? 0;
      const across = xs.share[x] ?? 0;
      const above = (scores[upper + left] ?? 0) * (1 - across) + (scores[upper + right] ?? 0) * across;
      const below = (scores[lower + left] ?? 0) * (1 - across) + (scores[lower + right] ?? 0) * across;
      const score = above * (1 - down) + below * down;
      out[y * width + x] = table[Math.min(255, Math.max(0, Math.round(score * 255)))] ?? 0;
    }
  }
}

interface Cells {
  /** -1 outside the photo. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float32Array;
}

function cellsAcross(from: number, to: number, start: number, scale: number, size: number): Cells {
  const first = new Int32Array(to - from).fill(-1);
  const second = new Int32Array(to - from);
  const share = new Float32Array(to - from);
  for (let at = from; at < to; at++) {
    const cell = (at + 0.5 - start) / scale;
    if (cell < 0 || cell >= size) continue;
    const before = Math.floor(cell - 0.5);
    first[at - from] = Math.max(0, before);
    second[at - from] = Math.min(size - 1, before + 1);
    share[at - from] = cell - 0.5 - before;
  }
  return { first, second, share };
}
