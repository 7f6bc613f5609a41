import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planAxis, type TileAxis, type TileRules } from './tile-plan.ts';

const RULES: TileRules = { side: 256, margin: 32, blend: 24, align: 16 };

/** Sums of weights at every pixel. */
function covered({ starts, length, weights }: TileAxis, total: number): Float64Array {
  const sums = new Float64Array(total);
  starts.forEach((start, i) => weights[i]?.forEach((weight, at) => (sums[start + at] = (sums[start + at] ?? 0) + weight)));
  expect(Math.max(...starts) + length).toBe(total);
  return sums;
}

describe('planAxis', () => {
  it('leaves an image that is no longer than a tile in one piece', () => {
    expect(planAxis(200, RULES)).toEqual({ starts: [0], length: 200, weights: [new Float32Array(200).fill(1)] });
  });

  it('covers every length: weights sum to 1, nothing near a cut counts, strided layers keep their phase', () => {
    fc.assert(
      fc.property(fc.integer({ min: 257, max: 3000 }), fc.constantFrom(1, 4, 16, 32), (total, align) => {
        const plan = planAxis(total, { ...RULES, align });
        expect(plan.starts.length).toBeGreaterThan(1);
        expect(plan.length).toBeLessThanOrEqual(RULES.side);
        expect(Math.max(...covered(plan, total).map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-6);
        plan.starts.forEach((start, i) => {
          expect(start % align).toBe(0);
          expect((total - plan.length) % align).toBe(0);
          const weights = plan.weights[i] ?? new Float32Array();
          if (i > 0) expect(Math.max(...weights.subarray(0, RULES.margin))).toBe(0);
          if (i < plan.starts.length - 1) expect(Math.max(...weights.subarray(plan.length - RULES.margin))).toBe(0);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('refuses rules by which tiles would not get ahead', () => {
    expect(() => planAxis(500, { side: 64, margin: 32, blend: 8, align: 16 })).toThrow(/do not get ahead/);
  });
});
