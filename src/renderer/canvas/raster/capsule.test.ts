import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImagePoint } from '../geometry.ts';
import { capsuleSpans, snapBrush } from './capsule.ts';

const SIDE = 48;
/** Nearer to the edge of the tip than this, rounding may decide either way. */
const TIE_PX = 1e-9;

const place = fc.record({ x: fc.double({ min: -10, max: SIDE + 10, noNaN: true }), y: fc.double({ min: -10, max: SIDE + 10, noNaN: true }) });
const diameter = fc.integer({ min: 1, max: 30 });

function covered(from: ImagePoint, to: ImagePoint, radius: number): Uint8Array {
  const hits = new Uint8Array(SIDE * SIDE);
  capsuleSpans(from, to, radius, (y, x0, x1) => {
    expect(x0).toBeLessThan(x1);
    for (let x = Math.max(0, x0); x < Math.min(SIDE, x1); x++) if (y >= 0 && y < SIDE) hits[y * SIDE + x] = (hits[y * SIDE + x] ?? 0) + 1;
  });
  return hits;
}

/** Distance of a point from a segment, by the law of cosines rather than by projection. */
function distance(p: ImagePoint, a: ImagePoint, b: ImagePoint): number {
  const pa = Math.hypot(p.x - a.x, p.y - a.y);
  const pb = Math.hypot(p.x - b.x, p.y - b.y);
  const ab = Math.hypot(b.x - a.x, b.y - a.y);
  if (ab === 0 || pb * pb >= pa * pa + ab * ab) return pa;
  if (pa * pa >= pb * pb + ab * ab) return pb;
  return Math.abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / ab;
}

function expectCapsule(from: ImagePoint, to: ImagePoint, radius: number): void {
  const hits = covered(from, to, radius);
  hits.forEach((count, pixel) => {
    const away = distance({ x: (pixel % SIDE) + 0.5, y: Math.floor(pixel / SIDE) + 0.5 }, from, to);
    if (Math.abs(away - radius) > TIE_PX && count !== (away < radius ? 1 : 0)) {
      throw new Error(`pixel ${pixel % SIDE}, ${Math.floor(pixel / SIDE)}: ${count} times, ${away} px away, radius ${radius}`);
    }
  });
}

describe('capsuleSpans', () => {
  it('covers exactly the pixels whose centre is within the radius of the segment, each once', () => {
    fc.assert(fc.property(place, place, diameter, (from, to, size) => expectCapsule(from, to, size / 2)), { numRuns: 300 });
  });

  it('does so between snapped places, where centres lie on the edge of the tip', () => {
    fc.assert(
      fc.property(place, place, diameter, (from, to, size) => expectCapsule(snapBrush(from, size), snapBrush(to, size), size / 2)),
      { numRuns: 300 },
    );
  });

  it('stamps one pixel for a brush of 1 px, wherever in the pixel the pointer is', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: SIDE - 0.001, noNaN: true }), fc.double({ min: 0, max: SIDE - 0.001, noNaN: true }), (x, y) => {
        const at = snapBrush({ x, y }, 1);
        const hits = covered(at, at, 0.5);
        expect(hits.reduce((sum, count) => sum + count, 0)).toBe(1);
        expect(hits[Math.floor(y) * SIDE + Math.floor(x)]).toBe(1);
      }),
    );
  });

  it('is as wide and high as the brush, at even and odd sizes', () => {
    for (const size of [1, 2, 3, 4, 7, 10, 31]) {
      const at = snapBrush({ x: 20.3, y: 20.8 }, size);
      const rows: [number, number, number][] = [];
      capsuleSpans(at, at, size / 2, (...span) => rows.push(span));
      expect(rows).toHaveLength(size);
      expect(Math.max(...rows.map(([, x0, x1]) => x1 - x0))).toBe(size);
    }
  });

  it('leaves no gap along a line of 1 px', () => {
    fc.assert(
      fc.property(place, place, (from, to) => {
        const a = snapBrush(from, 1);
        const b = snapBrush(to, 1);
        let previous: [number, number, number] | null = null;
        capsuleSpans(a, b, 0.5, (y, x0, x1) => {
          if (previous !== null) {
            const [lastY, last0, last1] = previous;
            expect(y).toBe(lastY + 1);
            expect(x0 <= last1 && last0 <= x1).toBe(true);
          }
          previous = [y, x0, x1];
        });
      }),
    );
  });
});
