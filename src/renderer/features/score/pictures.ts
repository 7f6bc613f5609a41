import { heatColours } from '#shared/raster/heat-palettes.ts';
import { cssColour } from '#renderer/ui/format.ts';
import type { Rgb } from '#shared/domain/classes.ts';
import { points, type ClassRow, type MatrixView } from './score-figures.ts';

/** Tables and charts as pictures for papers and slides: dark on white, twice the size of the screen. */

const SCALE = 2;
const ROW = 24;
const PAD = 16;
const INK = '#1a1c20';
const FAINT = '#5d636d';
const RULE = '#d4d7dc';
const FONT = '12px "Inter Variable", sans-serif';
const BOLD = '600 12px "Inter Variable", sans-serif';
const NAME_WIDTH = 150;

/** Colours of bars, by place of the layer. */
const BARS = ['#8a93a0', '#4c7fb8', '#c08a2e', '#3f8f63'] as const;
const HEAT = heatColours('viridis');

interface Paper {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

function paper(width: number, height: number): Paper {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * SCALE);
  canvas.height = Math.ceil(height * SCALE);
  const context = canvas.getContext('2d');
  if (context === null) throw new RangeError('this browser gives no canvas to draw on');
  context.scale(SCALE, SCALE);
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  return { canvas, context };
}

function write(context: CanvasRenderingContext2D, text: string, x: number, y: number, options: { width?: number; align?: CanvasTextAlign; bold?: boolean; colour?: string } = {}): void {
  context.font = options.bold === true ? BOLD : FONT;
  context.fillStyle = options.colour ?? INK;
  context.textAlign = options.align ?? 'left';
  context.fillText(fitted(context, text, options.width ?? Infinity), x, y);
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return `${text.slice(0, length)}…`;
}

/** A table: first column left-aligned, the others right-aligned figures. An empty row is a rule. */
export function tablePicture(title: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLCanvasElement {
  const measure = paper(1, 1).context;
  measure.font = BOLD;
  const widths = head.map((text, at) => Math.ceil(Math.max(...[text, ...rows.map((row) => row[at] ?? '')].map((cell) => measure.measureText(cell).width))) + 24);
  const width = widths.reduce((sum, part) => sum + part, 0) + 2 * PAD;
  const { canvas, context } = paper(Math.max(width, measure.measureText(title).width + 2 * PAD), (rows.length + 2) * ROW + 2 * PAD);
  write(context, title, PAD, PAD + ROW / 2, { bold: true });
  [head, ...rows].forEach((row, line) => {
    const y = PAD + (line + 1.5) * ROW;
    let x = PAD;
    row.forEach((cell, at) => {
      const cellWidth = widths[at] ?? 0;
      const colour = line === 0 ? FAINT : INK;
      if (at === 0) write(context, cell, x, y, { colour });
      else write(context, cell, x + cellWidth, y, { align: 'right', colour });
      x += cellWidth;
    });
    context.fillStyle = RULE;
    context.fillRect(PAD, y + ROW / 2, width - 2 * PAD, line === 0 ? 1 : 0.5);
  });
  return canvas;
}

/** IoU by class: a group of bars a class. */
export function classesPicture(title: string, layers: readonly string[], rows: readonly ClassRow[]): HTMLCanvasElement {
  const bar = 8;
  const group = Math.max(ROW, layers.length * (bar + 2) + 10);
  const barsWidth = 360;
  const { canvas, context } = paper(NAME_WIDTH + barsWidth + 60 + 2 * PAD, rows.length * group + 2 * ROW + 2 * PAD);
  write(context, title, PAD, PAD + ROW / 2, { bold: true });
  layers.forEach((layer, at) => {
    context.fillStyle = BARS[at % BARS.length] ?? INK;
    context.fillRect(PAD + NAME_WIDTH + at * 100, PAD + 1.5 * ROW - 5, 10, 10);
    write(context, layer, PAD + NAME_WIDTH + at * 100 + 14, PAD + 1.5 * ROW, { width: 84 });
  });
  rows.forEach((row, line) => {
    const top = PAD + 2 * ROW + line * group;
    write(context, row.name, PAD, top + group / 2, { width: NAME_WIDTH - 10 });
    row.ious.forEach((iou, at) => {
      const y = top + 5 + at * (bar + 2);
      context.fillStyle = BARS[at % BARS.length] ?? INK;
      context.fillRect(PAD + NAME_WIDTH, y, barsWidth * (iou ?? 0), bar);
      context.font = '9px "Inter Variable", sans-serif';
      context.fillStyle = FAINT;
      context.textAlign = 'left';
      context.fillText(points(iou), PAD + NAME_WIDTH + barsWidth * (iou ?? 0) + 4, y + bar / 2);
    });
  });
  return canvas;
}

/** Colour of a share 0..1 in a matrix, and of writing on it. */
export function shareColours(share: number): { readonly fill: string; readonly ink: string } {
  const colour: Rgb = HEAT[Math.round(Math.min(1, Math.max(0, share)) * 255)] ?? [0, 0, 0];
  const [red, green, blue] = colour.map((value) => (value / 255) ** 2.2);
  const luminance = 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  return { fill: cssColour(colour), ink: luminance > 0.18 ? '#000000' : '#ffffff' };
}

/** A confusion matrix, each row in percent of its truth. */
export function matrixPicture(title: string, view: MatrixView, name: (label: number) => string, axes: { truth: string; predicted: string }): HTMLCanvasElement {
  const cell = 34;
  const left = PAD + NAME_WIDTH;
  const top = PAD + ROW + 110;
  const { canvas, context } = paper(left + view.columns.length * cell + PAD, top + view.rows.length * cell + PAD);
  write(context, title, PAD, PAD + ROW / 2, { bold: true });
  write(context, `${axes.truth} ↓   ${axes.predicted} →`, PAD, top - 12, { colour: FAINT });
  view.columns.forEach((label, at) => {
    context.save();
    context.translate(left + (at + 0.5) * cell, top - 6);
    context.rotate(-Math.PI / 3);
    write(context, name(label), 0, 0, { width: 110 });
    context.restore();
  });
  view.rows.forEach((label, row) => {
    const y = top + row * cell;
    write(context, name(label), PAD, y + cell / 2, { width: NAME_WIDTH - 10 });
    view.columns.forEach((_, column) => {
      const share = (view.counts[row]?.[column] ?? 0) / (view.totals[row] ?? 1);
      const colours = shareColours(share);
      context.fillStyle = colours.fill;
      context.fillRect(left + column * cell, y, cell - 1, cell - 1);
      context.font = '10px "Inter Variable", sans-serif';
      context.fillStyle = colours.ink;
      context.textAlign = 'center';
      context.fillText((share * 100).toFixed(0), left + (column + 0.5) * cell, y + cell / 2);
    });
  });
  return canvas;
}

/** A chart of the page on its panel's colour. */
export function chartPicture(chart: HTMLCanvasElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = chart.width;
  canvas.height = chart.height;
  const context = canvas.getContext('2d');
  if (context === null) throw new RangeError('this browser gives no canvas to draw on');
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--surface-2').trim();
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(chart, 0, 0);
  return canvas;
}
