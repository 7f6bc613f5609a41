import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImagePoint } from '../geometry.ts';
import { polygonSpans } from './polygon.ts';

const SIDE = 40;
const corner = fc.record({ x: fc.double({ min: -8, max: SIDE + 8, noNaN: true }), y: fc.double({ min: -8, max: SIDE + 8, noNaN: true }) });

function filled(corners: readonly ImagePoint[]): Uint8Array {
  const hits = new Uint8Array(SIDE * SIDE);
  polygonSpans(corners, SIDE, (y, x0, x1) => {
    for (let x = Math.max(0, x0); x < Math.min(SIDE, x1); x++) hits[y * SIDE + x] = (hits[y * SIDE + x] ?? 0) + 1;
  });
  return hits;
}

/** Even-odd by the sum of crossed edges of a ray to the right, edge by edge. */
function isInside({ x, y }: ImagePoint, corners: readonly ImagePoint[]): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const a = corners[i] as ImagePoint;
    const b = corners[j] as ImagePoint;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

/** So near to an edge that rounding decides, which the oracle does in an order of its own. */
const ROUNDING_PX = 1e-6;
function isOnEdge({ x, y }: ImagePoint, corners: readonly ImagePoint[]): boolean {
  return corners.some((a, at) => {
    const b = corners[(at + 1) % corners.length] as ImagePoint;
    const isCrossed = Math.min(a.y, b.y) <= y + ROUNDING_PX && Math.max(a.y, b.y) >= y - ROUNDING_PX;
    return isCrossed && Math.abs((b.x - a.x) * (a.y - y) - (a.x - x) * (b.y - a.y)) <= ROUNDING_PX * Math.hypot(b.x - a.x, b.y - a.y);
  });
}

describe('polygonSpans', () => {
  it('fills exactly the pixels whose centre is inside, crossing outlines included, each once; on an edge rounding decides', () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 9 }), (corners) => {
        filled(corners).forEach((count, pixel) => {
          const centre = { x: (pixel % SIDE) + 0.5, y: Math.floor(pixel / SIDE) + 0.5 };
          if (count !== (isInside(centre, corners) ? 1 : 0) && !isOnEdge(centre, corners)) throw new Error(`pixel ${centre.x}, ${centre.y} is filled ${count} times`);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('shares no pixel and leaves no gap between two halves of a square', () => {
    const a = filled([{ x: 4.5, y: 4.5 }, { x: 30.5, y: 4.5 }, { x: 30.5, y: 30.5 }]);
    const b = filled([{ x: 4.5, y: 4.5 }, { x: 30.5, y: 30.5 }, { x: 4.5, y: 30.5 }]);
    const both = filled([{ x: 4.5, y: 4.5 }, { x: 30.5, y: 4.5 }, { x: 30.5, y: 30.5 }, { x: 4.5, y: 30.5 }]);
    expect(a.map((count, pixel) => count + (b[pixel] ?? 0))).toEqual(both);
    expect(both.reduce((sum, count) => sum + count, 0)).toBe(26 * 26);
  });

  it('fills nothing with fewer than three corners', () => {
    expect(filled([{ x: 1, y: 1 }, { x: 30, y: 30 }]).some((count) => count > 0)).toBe(false);
  });
});
