import type { LayerScore, ScoreTable } from '#shared/domain/score.ts';

/** Figures of a score table as the page shows and copies them. Pure. mIoU and accuracies are 0..1 here; texts give them in percent. */

interface LayerRow {
  readonly score: LayerScore;
  /** Over the layer before it on the same split; null for the first. */
  readonly gain: number | null;
  /** The same layer on the same split of the run compared with; null where that has none. */
  readonly other: LayerScore | null;
}

interface SplitRows {
  readonly split: string;
  readonly rows: readonly LayerRow[];
}

/** Rows by split, layers in pipeline order as the core stores them. */
export function rowsBySplit(table: ScoreTable, other: ScoreTable | null): SplitRows[] {
  const splits = [...new Set(table.layers.map(({ split }) => split))];
  return splits.map((split) => {
    const scores = table.layers.filter((score) => score.split === split);
    return {
      split,
      rows: scores.map((score, at) => {
        const before = scores[at - 1];
        return { score, gain: before === undefined ? null : score.miou - before.miou, other: other === null ? null : findLayer(other, score.layer, split) };
      }),
    };
  });
}

export function findLayer(table: ScoreTable, layer: string, split: string): LayerScore | null {
  return table.layers.find((score) => score.layer === layer && score.split === split) ?? null;
}

/** `39.4`: percent with one decimal; `–` where there is no figure. */
export function points(value: number | null): string {
  return value === null ? '–' : (value * 100).toFixed(1);
}

/** `+1.2`, `−0.4`, `±0.0`: percentage points. */
export function delta(value: number | null): string {
  if (value === null) return '';
  const text = (Math.abs(value) * 100).toFixed(1);
  if (text === '0.0') return '±0.0';
  return `${value > 0 ? '+' : '−'}${text}`;
}

type Tone = 'good' | 'bad' | 'same';

/** What the rounded figure says. */
export function tone(value: number | null): Tone {
  const text = delta(value);
  if (text.startsWith('+')) return 'good';
  return text.startsWith('−') ? 'bad' : 'same';
}

/** The best threshold of a sweep; of equals the lowest. It was found by looking at the truth. */
export function bestOf(sweep: NonNullable<LayerScore['sweep']>): { readonly threshold: number; readonly miou: number } | null {
  return sweep.reduce<{ threshold: number; miou: number } | null>((best, point) => (best === null || point.miou > best.miou ? point : best), null);
}

export interface ClassRow {
  readonly index: number;
  readonly name: string;
  readonly truthPixels: number;
  /** IoU by layer, in the order of `layers`; null where the class occurs in neither truth nor prediction, or the layer has none. */
  readonly ious: readonly (number | null)[];
}

export type ClassOrder = { readonly by: 'index' | 'name' | 'truth' } | { readonly by: 'layer'; readonly layer: string };

/** Every class of the split's layers, ordered. Classes without a figure come last. */
export function classRows(layers: readonly LayerScore[], order: ClassOrder): ClassRow[] {
  const first = layers[0];
  if (first === undefined) return [];
  const rows = first.perClass.map(({ index, name, truthPixels }): ClassRow => ({
    index,
    name,
    truthPixels,
    ious: layers.map(({ perClass }) => perClass.find((item) => item.index === index)?.iou ?? null),
  }));
  const at = order.by === 'layer' ? layers.findIndex(({ layer }) => layer === order.layer) : -1;
  const value = (row: ClassRow): number => row.ious[at] ?? -1;
  return rows.sort((a, b) => {
    if (order.by === 'name') return a.name.localeCompare(b.name, 'en');
    if (order.by === 'truth') return b.truthPixels - a.truthPixels || a.index - b.index;
    if (order.by === 'layer') return value(b) - value(a) || a.index - b.index;
    return a.index - b.index;
  });
}

/** A part of a confusion matrix: labels that occur, and of too many of those the most frequent. */
export interface MatrixView {
  /** Rows: labels of the truth. */
  readonly rows: readonly number[];
  /** Columns: labels predicted, 255 = predicted as undecided. */
  readonly columns: readonly number[];
  /** [rows][columns] pixels. */
  readonly counts: readonly (readonly number[])[];
  /** [rows] truth pixels of each row, columns left out included. */
  readonly totals: readonly number[];
  /** Labels left out because there are too many to show. */
  readonly hidden: number;
}

const IGNORED = 255;
/** More would be too small to read or hit. */
const MOST_LABELS = 60;

export function matrixView(confusion: LayerScore['confusion'], most = MOST_LABELS): MatrixView {
  const labels = confusion.length;
  const totals = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predicted = Array.from({ length: labels }, (_, column) => confusion.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const present = Array.from({ length: labels }, (_, label) => label).filter((label) => (totals[label] ?? 0) + (predicted[label] ?? 0) > 0);
  const weight = (label: number): number => (totals[label] ?? 0) + (predicted[label] ?? 0);
  const shown = present.length <= most ? present : [...present].sort((a, b) => weight(b) - weight(a)).slice(0, most).sort((a, b) => a - b);
  const hasIgnored = confusion.some((row) => (row[labels] ?? 0) > 0);
  const columns = hasIgnored ? [...shown, IGNORED] : shown;
  const rows = shown.filter((label) => (totals[label] ?? 0) > 0);
  return {
    rows,
    columns,
    counts: rows.map((row) => columns.map((column) => confusion[row]?.[column === IGNORED ? labels : column] ?? 0)),
    totals: rows.map((row) => totals[row] ?? 0),
    hidden: present.length - shown.length,
  };
}
