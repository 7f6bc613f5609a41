import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, shareMatched, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { boundingBox, boxOfScores, externalContours, largestContour } from './contour.ts';
import { labelComponents } from './label-components.ts';
import { regionsInsideSupport } from './perimeter-fit.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('components');

/** A contour as a set of points, since OpenCV lists contours in an order of its own. */
function sorted(points: ArrayLike<number>): string[] {
  return Array.from({ length: points.length / 2 }, (_, at) => `${points[at * 2] ?? ''},${points[at * 2 + 1] ?? ''}`).sort();
}

describe.each([0, 1, 2, 3])('mask %i', (index) => {
  const mask = fixture.bytes(`mask_${index}`);

  it.each([4, 8] as const)('has SciPy’s components, %i-connected', (connectivity) => {
    const { data, count, sizes, values } = labelComponents(mask, connectivity);
    const inside = Int32Array.from(data, (label, pixel) => (mask.data[pixel] === 0 ? -1 : label));
    const expected = fixture.values(`components${connectivity}_${index}`);
    expect(shareMatched(inside, expected)).toBe(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(data.length);
    expect(values.length).toBe(count);
  });

  it('has OpenCV’s largest contour, its area and its box', () => {
    const largest = largestContour(externalContours(mask, { simple: true }));
    if (largest === null) throw new Error('no contour');
    expect(largest.areaPx).toBe(fixture.values(`area_${index}`)[0]);
    const { x, y, width, height } = boundingBox(largest);
    expect([x, y, width, height]).toEqual([...fixture.values(`box_${index}`)]);
    expect([...largest.points]).toEqual([...fixture.values(`largest_${index}`)]);
  });

  it('has OpenCV’s outer contours, those within holes apart', () => {
    const contours = externalContours(mask, { simple: false });
    const all = new Set(contours.flatMap(({ points }) => sorted(points)));
    for (const point of sorted(fixture.values(`whole_${index}`))) expect(all).toContain(point);
    const simple = new Set(externalContours(mask, { simple: true }).flatMap(({ points }) => sorted(points)));
    for (const point of sorted(fixture.values(`external_${index}`))) expect(simple).toContain(point);
  });
});

describe('components', () => {
  const picture = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 })).chain(([width, height]) =>
    fc.record({ width: fc.constant(width), height: fc.constant(height), data: fc.array(fc.constantFrom(0, 1, -7, 100_000), { minLength: width * height, maxLength: width * height }) }),
  );

  it('partition any image into what floods from each first pixel reach', () => {
    fc.assert(
      fc.property(picture, fc.constantFrom(4 as const, 8 as const), ({ width, height, data }, connectivity) => {
        const { count, data: labels, sizes, values } = labelComponents({ width, height, data: Int32Array.from(data) }, connectivity);
        const expected = new Int32Array(data.length).fill(-1);
        const reached: number[] = [];
        const flood = (x: number, y: number, value: number, number: number): number => {
          const pixel = y * width + x;
          if (x < 0 || y < 0 || x >= width || y >= height || data[pixel] !== value || expected[pixel] !== -1) return 0;
          expected[pixel] = number;
          let sum = 1;
          for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) if (connectivity === 8 || dx === 0 || dy === 0) sum += flood(x + dx, y + dy, value, number);
          return sum;
        };
        for (const [pixel, value] of data.entries()) if (expected[pixel] === -1) reached.push(flood(pixel % width, Math.floor(pixel / width), value, reached.length));
        expect(labels).toEqual(expected);
        expect([...sizes]).toEqual(reached);
        expect(count).toBe(reached.length);
        for (const [pixel, label] of labels.entries()) expect(values[label]).toBe(data[pixel]);
      }),
    );
  });

  it('of a large image within memory', () => {
    const { count } = labelComponents({ width: 4000, height: 3000, data: new Uint8Array(12e6).fill(3) }, 8);
    expect(count).toBe(1);
  });
});

describe('contours', () => {
  it('of nothing, of one pixel, of a line', () => {
    expect(externalContours({ width: 0, height: 3, data: new Uint8Array(0) }, { simple: true })).toEqual([]);
    expect(largestContour([])).toBeNull();
    const dot = externalContours({ width: 1, height: 1, data: Uint8Array.of(1) }, { simple: true });
    expect(dot).toEqual([{ points: Int32Array.of(0, 0), areaPx: 0 }]);
    const line = externalContours({ width: 4, height: 1, data: Uint8Array.of(0, 1, 1, 1) }, { simple: true });
    expect(line).toEqual([{ points: Int32Array.of(1, 0, 3, 0), areaPx: 0 }]);
    expect(() => externalContours({ width: 4, height: 2, data: new Uint8Array(4) }, { simple: true })).toThrow('expected 8');
  });

  it('the box of scores as TS-CAM takes it', () => {
    expect([...boxOfScores(fixture.bytes('scores'), 0.6)]).toEqual([...fixture.values('scores_box')]);
    expect(boxOfScores({ width: 3, height: 3, data: new Uint8Array(9) }, 0.1)).toEqual([0, 0, 1, 1]);
  });
});

describe('PerimeterFit', () => {
  it('keeps what the published flood fill leaves', () => {
    expect(worstDifference(regionsInsideSupport(fixture.bytes('regions'), fixture.bytes('support')).data, fixture.values('survivors'))).toBe(0);
  });

  it('refuses a support of another size', () => {
    expect(() => regionsInsideSupport(fixture.bytes('regions'), fixture.bytes('mask_0'))).toThrow('support is 80×60 px, the regions 50×40');
  });
});
