import fc from 'fast-check';
import { expect, it } from 'vitest';
import { argmaxPlanes, positionsToLabels, withThresholdBackground } from '#shared/raster/background.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { bestClass, cutAt, imageCurve, imageScore, type ImageScores } from './threshold.ts';

const WIDTH = 9;
const HEIGHT = 7;
const CELLS = { width: 3, height: 2 };

const scoresOf = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }), fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 24, maxLength: 24 }))
  .map(([classes, values]): ImageScores => {
    const classIndices = [...classes].sort((a, b) => a - b);
    return { classIndices, ...CELLS, planes: classIndices.map((_, at) => Float32Array.from(values.slice(at * 6, at * 6 + 6), (value) => value / 20)) };
  });
const thresholdOf = fc.integer({ min: 0, max: 20 }).map((value) => value / 20);

/** As the stage of seeds does it, on all planes at once. */
function seedLabels(scores: ImageScores, threshold: number): Uint8Array {
  const data = Float32Array.from(scores.planes.flatMap((plane) => [...plane]));
  const planes = resizePlanesBilinear({ count: scores.classIndices.length, ...CELLS, data }, { width: WIDTH, height: HEIGHT });
  return positionsToLabels(argmaxPlanes(withThresholdBackground(planes, threshold)), [0, ...scores.classIndices]);
}

it('cuts as the stage of seeds does, ties included', () => {
  fc.assert(
    fc.property(scoresOf, thresholdOf, (scores, threshold) => {
      const cut = cutAt(bestClass(scores, { width: WIDTH, height: HEIGHT }), threshold);
      expect(cut.data).toEqual(seedLabels(scores, threshold));
    }),
  );
});

it('gives at each threshold the mIoU of the map cut there', () => {
  const label = fc.constantFrom(0, 1, 2, 3, 6, 255);
  fc.assert(
    fc.property(scoresOf, fc.array(label, { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT }), (scores, values) => {
      const truth = { width: WIDTH, height: HEIGHT, data: Uint8Array.from(values) };
      const thresholds = [0.1, 0.25, 0.5];
      const best = bestClass(scores, truth);
      expect(imageCurve(scores, truth, thresholds, 7)).toEqual(thresholds.map((threshold) => imageScore(cutAt(best, threshold), truth, 7).miou));
    }),
  );
});
