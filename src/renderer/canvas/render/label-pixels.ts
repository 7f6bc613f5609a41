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
  // As signed numbers, which are smaller inside: this runs for every px of the screen.
  const fill = new Int32Array(colours.fill.buffer);
  const line = new Int32Array(colours.line.buffer);
  const into = new Int32Array(out.buffer, out.byteOffset, out.length);
  const down = reach * seenWidth;
  for (let y = 0; y < height; y++) {
    const first = (y + reach) * seenWidth + reach;
    for (let x = 0; x < width; x++) {
      const at = first + x;
      const label = seen[at] ?? BACKGROUND;
      let colour = fill[label] ?? 0;
      if (label === IGNORE && isGap(rect.x0 + x, rect.y0 + y)) colour = 0;
      // Without a line around it, `line` is 0: background, hidden labels, and all of them where only fills are shown.
      if (line[label] !== 0 && (seen[at - reach] !== label || seen[at + reach] !== label || seen[at - down] !== label || seen[at + down] !== label)) colour = line[label] ?? 0;
      into[y * width + x] = colour;
    }
  }
  if (marks !== null) drawMarks(marks, map.width, columns.subarray(reach), rows.subarray(reach), rect, out);
}

/** Stripes over marked px. */
function drawMarks(marks: Uint8Array, mapWidth: number, columns: Int32Array, rows: Int32Array, rect: PixelRect, out: Uint32Array): void {
  const width = rect.x1 - rect.x0;
  for (let y = 0; y < rect.y1 - rect.y0; y++) {
    const row = rows[y] ?? -1;
    if (row < 0) continue;
    for (let x = 0; x < width; x++) {
      const column = columns[x] ?? -1;
      if (column >= 0 && marks[row * mapWidth + column] === 1) out[y * width + x] = isGap(rect.x0 + x, rect.y0 + y) ? MARK_GAP : MARK;
    }
  }
}

function sampleLabels(map: LabelMap, columns: Int32Array, rows: Int32Array): Uint8Array {
  const seen = new Uint8Array(columns.length * rows.length);
  const { data, width } = map;
  const count = columns.length;
  for (let y = 0; y < rows.length; y++) {
    const row = rows[y] ?? -1;
    if (row < 0) continue;
    const start = row * width;
    const into = y * count;
    for (let x = 0; x < count; x++) {
      const column = columns[x] ?? -1;
      if (column >= 0) seen[into + x] = data[start + column] ?? 0;
    }
  }
  return seen;
}

/** Diagonal stripes, fixed to the screen. */
function isGap(x: number, y: number): boolean {
  return (x + y) % (2 * STRIPE_DEVICE_PX) >= STRIPE_DEVICE_PX;
}

function rgba([red, green, blue]: readonly [number, number, number], alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
