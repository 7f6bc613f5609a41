import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CurveBook, figure, smooth } from './curves.ts';

describe('CurveBook', () => {
  it('sorts by x and keeps the newest value of an x, in whatever pieces the points come', () => {
    const point = fc.record({ step: fc.constantFrom('a', 'b'), series: fc.constantFrom('loss', 'map'), x: fc.integer({ min: 0, max: 20 }), xUnit: fc.constant('step' as const), value: fc.double({ noNaN: true }) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), fc.nat(60), (points, cut) => {
        const book = new CurveBook();
        book.add(points.slice(0, cut));
        book.add(points.slice(cut));
        const last = new Map(points.filter(({ step, series }) => step === 'a' && series === 'loss').map(({ x, value }) => [x, value]));
        const curve = book.curvesOf('a').find(({ series }) => series === 'loss');
        const xs = [...last.keys()].sort((a, b) => a - b);
        expect(curve?.xs ?? []).toEqual(xs);
        expect(curve?.ys ?? []).toEqual(xs.map((x) => last.get(x)));
      }),
    );
  });
});

describe('smooth', () => {
  it('weight 0 changes nothing', () => expect(smooth([3, 1, 2], 0)).toEqual([3, 1, 2]));
  it('a level stays level, from the first value on', () => {
    for (const value of smooth([5, 5, 5, 5], 0.9)) expect(value).toBeCloseTo(5);
  });
  it('is the weighted mean of all values so far', () => {
    const ys = [4, 0, 2];
    const weight = 0.5;
    const oracle = ys.map((_, at) => {
      const weights = ys.slice(0, at + 1).map((__, back) => weight ** (at - back));
      return weights.reduce((sum, w, index) => sum + w * (ys[index] ?? 0), 0) / weights.reduce((sum, w) => sum + w, 0);
    });
    for (const [at, value] of smooth(ys, weight).entries()) expect(value).toBeCloseTo(oracle[at] ?? NaN);
  });
});

it.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [312, '312'],
  [0.0000015, '1.50e-6'],
  [12_345_678, '1.23e7'],
  [Number.NaN, 'NaN'],
])('figure of %d is %s', (value, text) => expect(figure(value)).toBe(text));
