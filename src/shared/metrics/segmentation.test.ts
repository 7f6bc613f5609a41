import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmaxPlanes, positionsToLabels, withThresholdBackground } from '../raster/background.ts';
import type { Planes } from '../raster/planes.ts';
import { addToConfusion, confusionRows, createConfusion, mergeConfusion } from './confusion.ts';
import { segmentationScore } from './iou.ts';
import { ThresholdSweep } from './threshold-sweep.ts';

describe('confusion', () => {
  it('drops truth 255 and counts predicted 255 apart', () => {
    const confusion = createConfusion(3);
    //                                       drop  hit  hit  miss  as 255
    addToConfusion(confusion, Uint8Array.of(255, 0, 2, 1, 1), Uint8Array.of(1, 0, 2, 0, 255));
    expect(confusionRows(confusion)).toEqual([
      [1, 0, 0, 0],
      [1, 0, 0, 1],
      [0, 0, 1, 0],
    ]);
  });

  it('over two images equals the sum of both', () => {
    const both = createConfusion(2);
    const first = createConfusion(2);
    const second = createConfusion(2);
    const images = [
      [Uint8Array.of(0, 1, 1), Uint8Array.of(0, 0, 1)],
      [Uint8Array.of(1, 1, 0), Uint8Array.of(1, 255, 1)],
    ] as const;
    for (const [truth, predicted] of images) addToConfusion(both, truth, predicted);
    addToConfusion(first, ...images[0]);
    addToConfusion(second, ...images[1]);
    mergeConfusion(first, second);
    expect(first).toEqual(both);
  });

  it.each([
    ['truth', [3], [0]],
    ['prediction', [0], [3]],
  ])('refuses an unknown label in the %s', (where, truth, predicted) => {
    expect(() => addToConfusion(createConfusion(3), Uint8Array.from(truth), Uint8Array.from(predicted))).toThrow(
      expect.objectContaining({ code: 'MASK_UNKNOWN_CLASS', message: `The ${where} holds label 3; expected 0 to 2, or 255.` }),
    );
  });
});

describe('mIoU', () => {
  it('by hand: absent labels are left out, predicted 255 is a miss and no prediction', () => {
    const confusion = createConfusion(4);
    addToConfusion(confusion, Uint8Array.of(0, 0, 0, 1, 1, 255), Uint8Array.of(0, 0, 2, 1, 255, 1));
    const score = segmentationScore(confusion);
    expect(score.perLabel).toEqual([
      { iou: 2 / 3, truthPixels: 3, predictedPixels: 2 },
      { iou: 1 / 2, truthPixels: 2, predictedPixels: 1 },
      { iou: 0, truthPixels: 0, predictedPixels: 1 },
      { iou: null, truthPixels: 0, predictedPixels: 0 },
    ]);
    expect(score.miou).toBeCloseTo((2 / 3 + 1 / 2) / 3, 14);
    expect(score.pixelAccuracy).toBe(3 / 5);
  });

  it('of nothing is null', () => {
    expect(segmentationScore(createConfusion(2))).toMatchObject({ miou: null, pixelAccuracy: null });
  });
});

describe('threshold sweep', () => {
  const labels = 5;
  const thresholds = [0, 0.1, 0.25, 0.3, 0.5, 0.9];
  const image = fc.record({
    keys: fc.constantFrom([], [3], [1, 4], [1, 2, 3]),
    // Scores on the thresholds themselves are where a sweep goes wrong.
    values: fc.array(fc.oneof(fc.constantFrom(...thresholds), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 60,
      maxLength: 60,
    }),
    truth: fc.array(fc.constantFrom(0, 1, 2, 3, 4, 255), { minLength: 20, maxLength: 20 }),
  });

  it('equals thresholding anew at every threshold', () => {
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 3 }), (images) => {
        const sweep = new ThresholdSweep(thresholds, labels);
        const naive = thresholds.map(() => createConfusion(labels));
        for (const { keys, values, truth } of images) {
          const scores: Planes = { count: keys.length, width: 5, height: 4, data: Float32Array.from(values.slice(0, keys.length * 20)) };
          sweep.add(scores, keys, Uint8Array.from(truth));
          for (const [index, threshold] of thresholds.entries()) {
            const predicted = positionsToLabels(argmaxPlanes(withThresholdBackground(scores, threshold)), [0, ...keys]);
            const confusion = naive[index];
            if (confusion !== undefined) addToConfusion(confusion, Uint8Array.from(truth), predicted);
          }
        }
        expect(sweep.confusions().map(confusionRows)).toEqual(naive.map(confusionRows));
      }),
    );
  });

  it('refuses thresholds that do not ascend, and classes beyond the list', () => {
    expect(() => new ThresholdSweep([0.2, 0.2], 2)).toThrow('expected ascending thresholds');
    const scores: Planes = { count: 1, width: 1, height: 1, data: new Float32Array(1) };
    expect(() => new ThresholdSweep([0.2], 2).add(scores, [2], Uint8Array.of(0))).toThrow(
      expect.objectContaining({ code: 'MASK_UNKNOWN_CLASS' }),
    );
  });
});
