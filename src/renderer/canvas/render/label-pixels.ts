import { BACKGROUND, IGNORE, type ClassInfo } from '#shared/domain/classes.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { PixelRect } from '../geometry.ts';
import type { ViewState } from '../view/viewport.ts';
import { nearestCells } from './sampling.ts';

export type MaskStyle = 'fill' | 'outline' | 'both';

/** How labels are shown. */
export interface LabelLook {
  readonly classes: readonly ClassInfo[];
  readonly style: MaskStyle;
  /** Of fills, 0..1; outlines are opaque. */
  readonly opacity: number;
  /** Labels not shown. */
  readonly hidden: ReadonlySet<number>;
}

/** Colours by label as RGBA bytes in one number, as ImageData holds them on little-endian machines (all that run a browser). */
export interface LabelColours {
  readonly style: MaskStyle;
  readonly fill: Uint32Array; // [256]
  readonly line: Uint32Array; // [256]
}

/** Stripes of undecided pixels (255), and of marked ones: no class may look like them. */
const IGNORE_GREY = [200, 200, 200] as const;
const MARK = rgba([255, 0, 200], 255);
const MARK_GAP = rgba([0, 0, 0], 160);
const STRIPE_DEVICE_PX = 3;

export function labelColours({ classes, style, opacity, hidden }: LabelLook): LabelColours {
  const fill = new Uint32Array(256);
  const line = new Uint32Array(256);
  const set = (label: number, colour: readonly [number, number, number]): void => {
    if (hidden.has(label)) return;
    fill[label] = style === 'outline' ? 0 : rgba(colour, Math.round(opacity * 255));
    line[label] = style === 'fill' ? 0 : rgba(colour, 255);
  };
  for (const { index, colour } of classes) set(index, colour);
  set(IGNORE, IGNORE_GREY);
  return { style, fill, line };
}

/**
 * Draws the labels that the device px of `rect` show into `out`, row-major from the rectangle's corner. `marks`, where given, are
 * striped pixels on top (1 = marked). Each px shows one label: the nearest, never a mixture.
 */
export function drawLabels(
  map: LabelMap,
  marks: Uint8Array | null,
  colours: LabelColours,
  view: ViewState,
  rect: PixelRect,
  lineWidth: number,
  out: Uint32Array,
): void {
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  const reach = colours.style === 'fill' ? 0 : lineWidth;
  const columns = nearestCells(rect.x0 - reach, rect.x1 + reach, view.x, view.scale, map.width);
  const rows = nearestCells(rect.y0 - reach, rect.y1 + reach, view.y, view.scale, map.height);
  const seenWidth = width + 2 * reach;
  const seen = sampleLabels(map, columns, rows);
  for (let y = 0; y < height; y++) {
    const row = rows[y + reach] ?? -1;
    for (let x = 0; x < width; x++) {
      const at = (y + reach) * seenWidth + x + reach;
      const label = seen[at] ?? BACKGROUND;
      let colour = colours.fill[label] ?? 0;
      if (label === IGNORE && isGap(rect.x0 + x, rect.y0 + y)) colour = 0;
      if (reach > 0 && (colours.line[label] ?? 0) !== 0 && isBorder(seen, at, label, reach, seenWidth)) colour = colours.line[label] ?? 0;
      if (marks !== null && row >= 0) {
        const column = columns[x + reach] ?? -1;
        if (column >= 0 && marks[row * map.width + column] === 1) colour = isGap(rect.x0 + x, rect.y0 + y) ? MARK_GAP : MARK;
      }
      out[y * width + x] = colour;
    }
  }
}

function sampleLabels(map: LabelMap, columns: Int32Array, rows: Int32Array): Uint8Array {
  const seen = new Uint8Array(columns.length * rows.length);
  for (let y = 0; y < rows.length; y++) {
    const row = rows[y] ?? -1;
    if (row < 0) continue;
    const start = row * map.width;
    const into = y * columns.length;
    for (let x = 0; x < columns.length; x++) {
      const column = columns[x] ?? -1;
      if (column >= 0) seen[into + x] = map.data[start + column] ?? 0;
    }
  }
  return seen;
}

function isBorder(seen: Uint8Array, at: number, label: number, reach: number, seenWidth: number): boolean {
  return seen[at - reach] !== label || seen[at + reach] !== label || seen[at - reach * seenWidth] !== label || seen[at + reach * seenWidth] !== label;
}

/** Diagonal stripes, fixed to the screen. */
function isGap(x: number, y: number): boolean {
  return (x + y) % (2 * STRIPE_DEVICE_PX) >= STRIPE_DEVICE_PX;
}

function rgba([red, green, blue]: readonly [number, number, number], alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
