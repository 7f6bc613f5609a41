import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { close, dilate, erode, fillHoles, open, removeSmall } from './binary.ts';
import { morphClass } from './by-class.ts';
import { squaredDistance } from './distance-transform.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('morphology');
const mask = fixture.bytes('mask');

describe('as SciPy', () => {
  it('distance transform', () => {
    expect(worstDifference(squaredDistance(mask).map(Math.sqrt), fixture.values('distance'))).toBeLessThan(1e-5);
  });

  it.each([1, 2.5, 5])('dilate, erode, open, close with radius %f', (radius) => {
    expect(worstDifference(dilate(mask, radius).data, fixture.values(`dilate_${radius}`))).toBe(0);
    expect(worstDifference(erode(mask, radius).data, fixture.values(`erode_${radius}`))).toBe(0);
    expect(worstDifference(open(mask, radius).data, fixture.values(`open_${radius}`))).toBe(0);
    expect(worstDifference(close(mask, radius).data, fixture.values(`close_${radius}`))).toBe(0);
  });

  it('holes filled, small components removed', () => {
    expect(worstDifference(fillHoles(mask).data, fixture.values('filled'))).toBe(0);
    expect(worstDifference(removeSmall(mask, 30, 8).data, fixture.values('without_small'))).toBe(0);
  });
});

describe('morphology', () => {
  const small = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
    fc.record({ width: fc.constant(width), height: fc.constant(height), data: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }) }),
  );

  it('the distance is that to the nearest 0, by trying all', () => {
    fc.assert(
      fc.property(small, ({ width, height, data }) => {
        const distance = squaredDistance({ width, height, data });
        return distance.every((squared, pixel) => {
          let least = Infinity;
          data.forEach((value, other) => {
            if (value === 0) least = Math.min(least, ((other % width) - (pixel % width)) ** 2 + (Math.floor(other / width) - Math.floor(pixel / width)) ** 2);
          });
          return squared === least;
        });
      }),
    );
  });

  it('opening loses, closing gains, and both are done after once', () => {
    fc.assert(
      fc.property(small, fc.constantFrom(1, 1.5, 3, 100), (picture, radius) => {
        const opened = open(picture, radius);
        const closed = close(picture, radius);
        const within = picture.data.every((value, pixel) => (opened.data[pixel] ?? 2) <= value && (closed.data[pixel] ?? -1) >= value);
        return within && open(opened, radius).data.join() === opened.data.join() && close(closed, radius).data.join() === closed.data.join();
      }),
    );
  });

  it('of nothing', () => {
    const nothing = { width: 0, height: 5, data: new Uint8Array(0) };
    for (const result of [dilate(nothing, 2), erode(nothing, 2), fillHoles(nothing), removeSmall(nothing, 3, 4)]) expect(result.data.length).toBe(0);
  });
});

describe('by class', () => {
  const map = { width: 5, height: 5, data: Uint8Array.from([9, 9, 9, 9, 9, 9, 0, 255, 2, 9, 9, 0, 9, 0, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 9]) };

  it('fills background alone: other classes and ignored pixels stay', () => {
    expect([...morphClass(map, 9, { kind: 'fill' }).data]).toEqual([9, 9, 9, 9, 9, 9, 9, 255, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 9]);
  });

  it('removes small parts to background, of this class alone', () => {
    expect([...morphClass(map, 2, { kind: 'remove-small', leastPx: 2 }).data].indexOf(2)).toBe(-1);
    expect(morphClass(map, 9, { kind: 'remove-small', leastPx: 2 }).data).toEqual(map.data);
  });

  it('never touches another class, whatever is done', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 36, maxLength: 36, max: 3 }), fc.constantFrom('open' as const, 'close' as const), (data, kind) => {
        const after = morphClass({ width: 6, height: 6, data }, 2, { kind, radiusPx: 1.5 });
        return data.every((value, pixel) => (value === 1 || value === 3 ? after.data[pixel] === value : after.data[pixel] === 0 || after.data[pixel] === 2));
      }),
    );
  });

  it('refuses background', () => expect(() => morphClass(map, 0, { kind: 'fill' })).toThrow('the class is background'));
});
