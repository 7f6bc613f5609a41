import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { edgeAffinities, featureAffinities, pathPoints } from './affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from './boundary-walk.ts';
import { pairOffsets } from './pair-offsets.ts';
import { randomWalk, transitionsOf } from './random-walk.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('walk');
const scores = fixture.planes('scores');
const edges = fixture.planes('edges');
const features = fixture.planes('features');
const boundary = fixture.bytes('boundary');
const PSA = { beta: 8, doublings: 8 };

describe('pairs', () => {
  it('are 34 for radius 5 and 152 for radius 10', () => {
    expect([pairOffsets(5).length, pairOffsets(10).length, pairOffsets(1).length]).toEqual([34, 152, 0]);
    expect(() => pairOffsets(0)).toThrow('radius is 0');
  });

  it('paths keep within 1 px of the line and hold both ends', () => {
    expect(pathPoints({ dy: 0, dx: 3 })).toEqual([0, 1, 2, 3].map((dx) => ({ dy: 0, dx })));
    expect(pathPoints({ dy: 2, dx: -1 })).toEqual([
      { dy: 0, dx: -1 },
      { dy: 0, dx: 0 },
      { dy: 1, dx: -1 },
      { dy: 1, dx: 0 },
      { dy: 2, dx: -1 },
      { dy: 2, dx: 0 },
    ]);
  });

  it('have the affinities of the dense matrix', () => {
    const { offsets, values, width } = edgeAffinities(edges, 5);
    const [rows = 0, columns = 0] = fixture.shape('edge_matrix');
    const matrix = fixture.values('edge_matrix');
    let compared = 0;
    for (const [index, { dy, dx }] of offsets.entries()) {
      for (let row = 0; row < rows; row++) {
        const column = row + dy * width + dx;
        const wraps = (row % width) + dx < 0 || (row % width) + dx >= width;
        if (wraps || column >= columns) continue;
        expect(values[index]?.[row]).toBeCloseTo(matrix[row * columns + column] ?? NaN, 6);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });
});

describe('walk against squaring the dense matrix', () => {
  it('by edges, IRN', () => {
    const walked = randomWalk(scores, edgeAffinities(edges, 5), { beta: 10, doublings: 8 });
    expect(worstDifference(walked.data, fixture.values('walked_edges'))).toBeLessThan(1e-5);
  });

  it('by features, PSA', () => {
    const walked = randomWalk(scores, featureAffinities(features, 5), PSA);
    expect(worstDifference(walked.data, fixture.values('walked_features'))).toBeLessThan(1e-5);
  });

  it('within and onto boundaries, RETAB', () => {
    const affinities = featureAffinities(features, 5);
    expect(worstDifference(walkWithinBoundaries(scores, affinities, boundary, PSA).data, fixture.values('stage1'))).toBeLessThan(1e-5);
    expect(worstDifference(walkOntoBoundaries(scores, affinities, boundary, PSA).data, fixture.values('stage2'))).toBeLessThan(1e-5);
  });
});

describe('walk', () => {
  it('columns sum to 1, and a constant stays what it is', () => {
    const grid = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), fc.nat());
    fc.assert(
      fc.property(grid, fc.boolean(), ([width, height, radius, seed], byEdges) => {
        const data = Float32Array.from({ length: width * height }, (_, at) => ((Math.imul(at + seed, 2654435761) >>> 8) & 255) / 255);
        const affinities = (byEdges ? edgeAffinities : featureAffinities)({ count: 1, width, height, data }, radius);
        const { steps, powers, shares, stay } = transitionsOf(affinities, 10);
        const sums = Float64Array.from(stay);
        for (const [index, step] of steps.entries()) {
          for (let pixel = 0; pixel + step < sums.length; pixel++) {
            sums[pixel + step] = (sums[pixel + step] ?? 0) + (powers[index]?.[pixel] ?? 0) * (shares[pixel + step] ?? 0);
            sums[pixel] = (sums[pixel] ?? 0) + (powers[index]?.[pixel] ?? 0) * (shares[pixel] ?? 0);
          }
        }
        if (!sums.every((sum) => Math.abs(sum - 1) < 1e-5)) return false;
        const constant = { count: 1, width, height, data: new Float32Array(width * height).fill(0.7) };
        return randomWalk(constant, affinities, { beta: 10, doublings: 4 }).data.every((value) => Math.abs(value - 0.7) < 1e-4);
      }),
    );
  });

  it('a radius larger than the grid, one pixel, none', () => {
    const one = { count: 2, width: 1, height: 1, data: Float32Array.of(0.3, 0.9) };
    const lone = edgeAffinities({ count: 1, width: 1, height: 1, data: Float32Array.of(0.5) }, 10);
    expect(randomWalk(one, lone, PSA).data).toEqual(one.data);
    const none = { count: 1, width: 0, height: 3, data: new Float32Array(0) };
    expect(randomWalk(none, edgeAffinities(none, 5), PSA).data.length).toBe(0);
    expect(featureAffinities({ ...one, width: 2, count: 1 }, 10).values.every((each) => each.every((value) => value === 0))).toBe(true);
  });

  it.each([NaN, Infinity, -0.1, 1.5])('refuses %f as an edge', (value) => {
    const data = Float32Array.of(0, 1, value, 0.5);
    expect(() => edgeAffinities({ count: 1, width: 2, height: 2, data }, 2)).toThrow(`edge 2 is ${data[2]}; expected a number from 0 to 1`);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %f as a feature, takes all that are finite', (value) => {
    const of = (last: number) => featureAffinities({ count: 1, width: 2, height: 1, data: Float32Array.of(-7, last) }, 2);
    expect(() => of(value)).toThrow(`feature 1 is ${value}; expected a finite number`);
    expect(() => of(300)).not.toThrow();
  });

  it('refuses what does not fit, and stops when asked', () => {
    const affinities = edgeAffinities(edges, 5);
    expect(() => randomWalk({ ...scores, width: 17, height: 21 }, affinities, PSA)).toThrow('scores are 17×21, affinities 21×17');
    const broken = { ...scores, data: scores.data.slice() };
    broken.data[5] = NaN;
    expect(() => randomWalk(broken, affinities, PSA)).toThrow('score 5 is NaN');
    expect(() => randomWalk(scores, affinities, { beta: 0, doublings: 8 })).toThrow('beta is 0');
    expect(() => randomWalk(scores, affinities, { beta: 8, doublings: 99 })).toThrow('doublings is 99');
    expect(() => walkWithinBoundaries(scores, affinities, { ...boundary, width: 3 }, PSA)).toThrow('the boundary is 3×17');
    let asked = 0;
    expect(() => randomWalk(scores, affinities, PSA, { isCancelled: () => ++asked > 300 })).toThrow('stopped');
  });
});
