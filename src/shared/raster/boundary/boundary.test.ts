import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { boundaryF } from './boundary-f.ts';
import { boundaryMap } from './boundary-map.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('boundary');

describe.each([0, 1])('pair %i as DAVIS scores it', (index) => {
  const mask = fixture.bytes(`mask_${index}`);
  const truth = fixture.bytes(`truth_${index}`);

  it('boundary', () => expect(worstDifference(boundaryMap(mask).data, fixture.values(`boundary_${index}`))).toBe(0));

  it.each([
    [0.008, 0],
    [0.03, 1],
  ])('F within %f of the diagonal', (tolerance, row) => {
    const { precision, recall, f } = boundaryF(mask, truth, tolerance);
    const expected = fixture.values('scores').subarray((index * 2 + row) * 3, (index * 2 + row) * 3 + 3);
    expect(precision).toBeCloseTo(expected[0] ?? NaN, 6);
    expect(recall).toBeCloseTo(expected[1] ?? NaN, 6);
    expect(f).toBeCloseTo(expected[2] ?? NaN, 6);
  });
});

describe('boundary F', () => {
  const empty = { width: 6, height: 6, data: new Uint8Array(36) };
  const dot = { width: 6, height: 6, data: new Uint8Array(36).fill(255, 14, 15) };

  it('is 1 for two empty masks, 0 for one, 1 for a mask with itself', () => {
    expect([boundaryF(empty, empty).f, boundaryF(empty, dot).f, boundaryF(dot, empty).f, boundaryF(dot, dot).f]).toEqual([1, 0, 0, 1]);
  });

  it('counts on labels as on masks, and takes no pixel from beyond the edge', () => {
    expect([...boundaryMap({ width: 3, height: 2, data: Int32Array.of(5, 5, 900, 5, 5, 900) }).data]).toEqual([0, 1, 0, 0, 1, 0]);
    expect(boundaryMap({ width: 0, height: 2, data: new Uint8Array(0) }).data.length).toBe(0);
  });

  it('refuses masks of two sizes', () => {
    expect(() => boundaryF(empty, { width: 3, height: 12, data: new Uint8Array(36) })).toThrow('the mask is 6×6 px, the truth 3×12');
  });

  it.each([NaN, -0.008])('refuses a tolerance of %f', (tolerance) => {
    expect(() => boundaryF(empty, dot, tolerance)).toThrow(`tolerance is ${tolerance}; expected a number from 0`);
  });
});
