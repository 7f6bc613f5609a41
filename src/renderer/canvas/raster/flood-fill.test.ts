import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floodSpans } from './flood-fill.ts';

const WIDTH = 23;
const HEIGHT = 17;
/** Few labels, so that regions wind and touch. */
const map = fc.array(fc.constantFrom(0, 0, 1), { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT }).map((labels) => Uint8Array.from(labels));
const seed = fc.nat(WIDTH * HEIGHT - 1);

/** Breadth first over the four neighbours. */
function region(data: Uint8Array, start: number): Set<number> {
  const found = new Set([start]);
  for (const pixel of found) {
    const x = pixel % WIDTH;
    const y = Math.floor(pixel / WIDTH);
    const near = [x > 0 ? pixel - 1 : -1, x < WIDTH - 1 ? pixel + 1 : -1, y > 0 ? pixel - WIDTH : -1, y < HEIGHT - 1 ? pixel + WIDTH : -1];
    for (const next of near) if (next >= 0 && data[next] === data[start]) found.add(next);
  }
  return found;
}

function flood(data: Uint8Array, start: number, maxPixels = Infinity): { complete: boolean; after: Uint8Array } {
  const after = data.slice();
  const complete = floodSpans({ width: WIDTH, height: HEIGHT, data: after }, start % WIDTH, Math.floor(start / WIDTH), maxPixels, (y, x0, x1) =>
    after.fill(9, y * WIDTH + x0, y * WIDTH + x1),
  );
  return { complete, after };
}

describe('floodSpans', () => {
  it('reaches exactly what a breadth-first search reaches', () => {
    fc.assert(
      fc.property(map, seed, (data, start) => {
        const expected = region(data, start);
        const { complete, after } = flood(data, start);
        expect(complete).toBe(true);
        expect(after.findIndex((label, pixel) => label !== (expected.has(pixel) ? 9 : data[pixel]))).toBe(-1);
      }),
      { numRuns: 300 },
    );
  });

  it('stops beyond its bound, and goes up to it', () => {
    fc.assert(
      fc.property(map, seed, fc.integer({ min: 1, max: 60 }), (data, start, bound) => {
        expect(flood(data, start, bound).complete).toBe(region(data, start).size <= bound);
      }),
    );
  });
});
