import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkViewports, Viewport } from './viewport.ts';

function view(element = { width: 800, height: 600 }, photo = { width: 4000, height: 3000 }): Viewport {
  const viewport = new Viewport();
  viewport.resize(element);
  viewport.setPhoto(photo);
  return viewport;
}

describe('Viewport', () => {
  it('fits the whole photo in the middle, and again when the element changes', () => {
    const viewport = view();
    expect(viewport.toScreen({ x: 2000, y: 1500 })).toEqual({ x: 400, y: 300 });
    viewport.resize({ width: 400, height: 900 });
    expect(viewport.toScreen({ x: 2000, y: 1500 })).toEqual({ x: 200, y: 450 });
    expect(viewport.toScreen({ x: 0, y: 0 }).x).toBeCloseTo(12);
  });

  it('keeps what lies under the pointer there while zooming', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 700 }), fc.integer({ min: 100, max: 500 }), fc.double({ min: 1, max: 8, noNaN: true }), (x, y, factor) => {
        const viewport = view();
        const under = viewport.toImage({ x, y });
        viewport.zoomAt({ x, y }, factor);
        expect(viewport.toScreen(under).x).toBeCloseTo(x, 6);
        expect(viewport.toScreen(under).y).toBeCloseTo(y, 6);
      }),
    );
  });

  it('never lets the photo out of sight, however it is panned and zoomed', () => {
    const move = fc.oneof(
      fc.record({ dx: fc.integer({ min: -9000, max: 9000 }), dy: fc.integer({ min: -9000, max: 9000 }) }),
      fc.record({ factor: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 8 }), (moves) => {
        const viewport = view();
        for (const one of moves) {
          if ('factor' in one) viewport.zoomAt({ x: 10, y: 590 }, one.factor);
          else viewport.panBy(one.dx, one.dy);
        }
        const start = viewport.toScreen({ x: 0, y: 0 });
        const end = viewport.toScreen({ x: 4000, y: 3000 });
        expect(start.x < 800 && start.y < 600 && end.x > 0 && end.y > 0).toBe(true);
        expect(viewport.state.scale).toBeGreaterThan(0);
        expect(viewport.state.scale).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('shows one photo px a CSS px at actual size', () => {
    const viewport = view();
    viewport.actualSize();
    expect(viewport.state.scale).toBe(1);
    expect(viewport.toScreen({ x: 2000, y: 1500 })).toEqual({ x: 400, y: 300 });
  });

  it('moves linked views in common, whichever is moved, until they part', () => {
    const a = view();
    const b = view({ width: 400, height: 600 });
    const part = linkViewports(a, b);
    a.zoomAt({ x: 300, y: 200 }, 6);
    b.panBy(-40, 25);
    expect(b.state.scale).toBe(a.state.scale);
    expect(a.toImage({ x: 400, y: 300 }).x).toBeCloseTo(b.toImage({ x: 200, y: 300 }).x, 6);
    part();
    const before = b.state;
    a.zoomAt({ x: 300, y: 200 }, 0.5);
    expect(b.state).toEqual(before);
  });
});
