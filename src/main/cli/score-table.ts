import type { LayerScore, ScoreTable } from '#shared/domain/score.ts';
import { table } from './text.ts';

const HEAD = ['layer', 'split', 'images', 'mIoU', 'delta', 'pixel acc.', 'best threshold'];
const NUMERIC = [2, 3, 4, 5];

/** Layers in pipeline order, split by split; `delta` is the gain over the layer before on the same split. */
export function scoreTableText(scores: ScoreTable, options: { perClass: boolean }): string {
  const splits = [...new Set(scores.layers.map((layer) => layer.split))];
  const rows: string[][] = [HEAD];
  for (const split of splits) {
    let previous: LayerScore | undefined;
    for (const layer of scores.layers.filter((item) => item.split === split)) {
      const delta = previous === undefined ? '' : signed(layer.miou - previous.miou);
      rows.push([layer.layer, split, String(layer.images), fixed(layer.miou), delta, fixed(layer.pixelAccuracy), bestThreshold(layer)]);
      previous = layer;
    }
  }
  const parts = [table(rows, NUMERIC)];
  if (scores.layers.some((layer) => layer.sweep !== null)) {
    parts.push('best threshold: mIoU at the threshold that suits the ground truth best; it has peeked, the mIoU column has not.');
  }
  if (options.perClass) parts.push(perClassText(scores));
  return parts.join('\n\n');
}

function perClassText(scores: ScoreTable): string {
  const names = new Map(scores.layers.flatMap((layer) => layer.perClass.map((item) => [item.index, item.name] as const)));
  const head = ['class', ...scores.layers.map((layer) => `${layer.layer} (${layer.split})`)];
  const rows = [...names].sort(([a], [b]) => a - b).map(([index, name]) => [
    name,
    ...scores.layers.map((layer) => {
      const iou = layer.perClass.find((item) => item.index === index)?.iou;
      return iou === undefined || iou === null ? '–' : fixed(iou);
    }),
  ]);
  return table([head, ...rows], head.map((_, column) => column).slice(1));
}

function bestThreshold(layer: LayerScore): string {
  const best = layer.sweep?.reduce((a, b) => (b.miou > a.miou ? b : a), { threshold: Number.NaN, miou: -1 });
  return best === undefined || best.miou < 0 ? '' : `${fixed(best.miou)} at ${best.threshold.toFixed(2)}`;
}

const fixed = (value: number): string => value.toFixed(3);
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
