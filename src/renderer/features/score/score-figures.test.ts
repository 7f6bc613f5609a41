import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LayerScore, ScoreTable } from '#shared/domain/score.ts';
import { createConfusion, addToConfusion, confusionRows } from '#shared/metrics/confusion.ts';
import { bestOf, classRows, delta, matrixView, points, rowsBySplit, tone } from './score-figures.ts';
import { scoresAsCsv, scoresAsLatex } from './score-text.ts';

const AT = '2026-01-02T03:04:05.000Z';

function layer(name: string, split: string, miou: number, ious: (number | null)[] = []): LayerScore {
  return {
    layer: name, artifact: '0'.repeat(32), split, images: 7, miou, pixelAccuracy: 0.5, confusion: [], sweep: null, worst: [],
    perClass: ious.map((iou, index) => ({ index, name: ['background', 'a, "b"', '=c'][index] ?? '', iou, truthPixels: 10 * index, predictedPixels: 0 })),
  };
}

const table: ScoreTable = {
  measuredAt: AT,
  layers: [layer('seeds', 'train', 0.3, [0.5, 0.1, null]), layer('refined', 'train', 0.345, [0.6, 0.2, 0.9]), layer('seeds', 'val', 0.2)],
};

it('gives gains over the layer before on the same split, never across splits', () => {
  const gains = rowsBySplit(table, null).map(({ split, rows }) => [split, ...rows.map(({ gain }) => delta(gain))]);
  expect(gains).toEqual([['train', '', '+4.5'], ['val', '']]);
});

it('pairs a layer with the same layer and split of the other run, or with none', () => {
  const other: ScoreTable = { measuredAt: AT, layers: [layer('seeds', 'val', 0.25), layer('seeds', 'test', 0.9)] };
  expect(rowsBySplit(table, other).flatMap(({ rows }) => rows.map((row) => row.other?.miou ?? null))).toEqual([null, null, 0.25]);
});

it('rounds figures to one decimal and says what the rounded figure says', () => {
  expect([points(0.39449), points(null), delta(-0.0121), delta(0.0004), delta(-0.0004)]).toEqual(['39.4', '–', '−1.2', '±0.0', '±0.0']);
  expect([tone(0.01), tone(-0.01), tone(0.0001), tone(null)]).toEqual(['good', 'bad', 'same', 'same']);
});

it('takes the lowest of equally good thresholds', () => {
  expect(bestOf([{ threshold: 0.1, miou: 0.2 }, { threshold: 0.2, miou: 0.4 }, { threshold: 0.3, miou: 0.4 }])).toEqual({ threshold: 0.2, miou: 0.4 });
  expect(bestOf([])).toBeNull();
});

it('orders classes by a layer with those without a figure last', () => {
  const layers = table.layers.slice(0, 2);
  expect(classRows(layers, { by: 'layer', layer: 'seeds' }).map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(classRows(layers, { by: 'layer', layer: 'refined' }).map(({ index }) => index)).toEqual([2, 0, 1]);
  expect(classRows(layers, { by: 'truth' }).map(({ index }) => index)).toEqual([2, 1, 0]);
});

it('shows of a confusion matrix what was counted, whatever is left out', () => {
  const label = fc.constantFrom(0, 1, 2, 3, 4, 255);
  fc.assert(
    fc.property(fc.array(fc.tuple(label, label), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (pixels, most) => {
      const confusion = createConfusion(5);
      addToConfusion(confusion, Uint8Array.from(pixels, ([truth]) => truth), Uint8Array.from(pixels, ([, predicted]) => predicted));
      const view = matrixView(confusionRows(confusion), most);
      expect(view.rows.length).toBeLessThanOrEqual(most);
      for (const [at, row] of view.rows.entries()) {
        expect(view.totals[at]).toBe(pixels.filter(([truth]) => truth === row).length);
        for (const [column, predicted] of view.columns.entries()) {
          expect(view.counts[at]?.[column]).toBe(pixels.filter((pixel) => pixel[0] === row && pixel[1] === predicted).length);
        }
      }
    }),
  );
});

it('writes CSV that keeps hostile class names one field and no formula', () => {
  const [head, first] = scoresAsCsv(table, 'run_1').split('\r\n');
  expect(head).toBe('run,measuredAt,split,layer,images,miou,pixelAccuracy,iou background,"iou a, ""b""",iou =c');
  expect(first).toBe(`run_1,${AT},train,seeds,7,0.3,0.5,0.5,0.1,`);
  expect(scoresAsCsv(table, '=cmd()')).toContain("\r\n'=cmd(),");
});

it('writes LaTeX with special characters escaped', () => {
  const text = scoresAsLatex(table, '50 % of a_b');
  expect(text).toContain('refined & 34.5 & $+4.5$ & -- &  \\\\');
  expect(text).toContain('\\caption{50 \\% of a\\_b}');
});
