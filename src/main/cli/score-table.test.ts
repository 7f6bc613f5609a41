import { describe, expect, test } from 'vitest';
import type { LayerScore } from '#shared/domain/score.ts';
import { scoreTableText } from './score-table.ts';

function layer(name: string, split: string, miou: number, sweep: LayerScore['sweep'] = null): LayerScore {
  const perClass = [
    { index: 0, name: 'background', iou: 0.9, truthPixels: 10, predictedPixels: 10 },
    { index: 2, name: 'dog', iou: name === 'seeds' ? null : miou, truthPixels: 10, predictedPixels: 10 },
  ];
  return { layer: name, artifact: '0'.repeat(32), split, images: 4, miou, pixelAccuracy: 0.75, perClass, confusion: [], sweep, worst: [] };
}

const TABLE = {
  measuredAt: '2026-01-01T00:00:00.000Z',
  layers: [
    layer('seeds', 'train', 0.4, [
      { threshold: 0.2, miou: 0.38 },
      { threshold: 0.3, miou: 0.42 },
    ]),
    layer('seeds', 'val', 0.3),
    layer('refined', 'train', 0.4256),
    layer('segmenter', 'val', 0.25),
  ],
};

describe('scoreTableText', () => {
  test('groups by split and gives the gain over the layer before', () => {
    expect(scoreTableText(TABLE, { perClass: false }).split('\n').slice(0, 5)).toEqual([
      'layer      split  images   mIoU   delta  pixel acc.  best threshold',
      'seeds      train       4  0.400               0.750  0.420 at 0.30',
      'refined    train       4  0.426  +0.026       0.750',
      'seeds      val         4  0.300               0.750',
      'segmenter  val         4  0.250  −0.050       0.750',
    ]);
  });

  test('marks the best threshold as having peeked', () => {
    expect(scoreTableText(TABLE, { perClass: false })).toContain('it has peeked');
    expect(scoreTableText({ ...TABLE, layers: TABLE.layers.slice(1) }, { perClass: false })).not.toContain('peeked');
  });

  test('gives classes in order, a dash where a class has no IoU', () => {
    expect(scoreTableText(TABLE, { perClass: true }).split('\n').slice(-2)).toEqual([
      'background          0.900        0.900            0.900            0.900',
      'dog                     –            –            0.426            0.250',
    ]);
  });
});
