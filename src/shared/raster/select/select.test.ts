import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { greyOf } from '../colour/grey.ts';
import { liveWireCosts, liveWireMap, liveWirePath } from './live-wire.ts';
import { magicWand } from './magic-wand.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('select');
const image = fixture.rgb('image');
const costs = { width: image.width, height: image.height, data: Float32Array.from(fixture.values('costs')) };

describe('live-wire', () => {
  const map = liveWireMap(costs, { x: 30, y: 40 });

  it('finds the costs that scikit-image finds', () => {
    const relative = map.cost.map((cost, pixel) => cost / Math.max(1, fixture.values('cumulative')[pixel] ?? NaN));
    const expected = map.cost.map((_, pixel) => (fixture.values('cumulative')[pixel] ?? NaN) / Math.max(1, fixture.values('cumulative')[pixel] ?? NaN));
    expect(worstDifference(relative, expected)).toBeLessThan(1e-5);
  });

  it('its path goes from the seed to the target by neighbours, and costs what the map says', () => {
    const targets = fixture.values('targets');
    for (let index = 0; index < targets.length; index += 2) {
      const target = { x: targets[index + 1] ?? 0, y: targets[index] ?? 0 };
      const path = liveWirePath(map, target);
      let total = 0;
      for (let at = 2; at < path.length; at += 2) {
        const [x, y, fromX, fromY] = [path[at] ?? 0, path[at + 1] ?? 0, path[at - 2] ?? 0, path[at - 1] ?? 0];
        expect(Math.max(Math.abs(x - fromX), Math.abs(y - fromY))).toBe(1);
        total += Math.hypot(x - fromX, y - fromY) * 0.5 * ((costs.data[y * costs.width + x] ?? 0) + (costs.data[fromY * costs.width + fromX] ?? 0));
      }
      expect([path[0], path[1], path.at(-2), path.at(-1)]).toEqual([30, 40, target.x, target.y]);
      expect(total).toBeCloseTo(map.cost[target.y * costs.width + target.x] ?? NaN, 6);
    }
  });

  it('runs along the edge between two areas rather than through one', () => {
    const grey = { width: 40, height: 30, data: Uint8Array.from({ length: 1200 }, (_, pixel) => (pixel % 40 < 20 - Math.abs(15 - Math.floor(pixel / 40)) ? 20 : 200)) };
    const path = liveWirePath(liveWireMap(liveWireCosts(grey), { x: 5, y: 1 }), { x: 5, y: 29 });
    let farthest = 0;
    for (let at = 0; at < path.length; at += 2) farthest = Math.max(farthest, path[at] ?? 0);
    expect(farthest).toBeGreaterThan(15); // the straight way stays at x = 5
  });

  it('of a fractional reach goes by the whole part; refuses what is no reach', () => {
    const costs = { width: 9, height: 9, data: new Float32Array(81).fill(1) };
    const map = (reachPx: number) => liveWireMap(costs, { x: 4, y: 4 }, reachPx);
    expect([...map(2.9).cost]).toEqual([...map(2).cost]);
    expect(map(2.9).cost.filter((cost) => cost < Infinity)).toHaveLength(25);
    for (const reachPx of [-1, NaN]) expect(() => map(reachPx)).toThrow(`reach is ${reachPx}; expected a number from 0`);
  });

  it('keeps within its reach; beyond it there is no path', () => {
    const near = liveWireMap(costs, { x: 30, y: 40 }, 10);
    expect(near.cost.filter((cost) => cost < Infinity).length).toBe(21 * 21);
    expect(liveWirePath(near, { x: 41, y: 40 })).toEqual(new Int32Array(0));
    expect(liveWirePath(near, { x: -1, y: 40 })).toEqual(new Int32Array(0));
  });

  it('one pixel; a seed outside and costs of 0 are refused; stops when asked', () => {
    const lone = liveWireMap({ width: 1, height: 1, data: Float32Array.of(4) }, { x: 0, y: 0 });
    expect(liveWirePath(lone, { x: 0, y: 0 })).toEqual(Int32Array.of(0, 0));
    expect(() => liveWireMap(costs, { x: 120, y: 0 })).toThrow('the seed is (120, 0); expected a pixel of 120×90');
    expect(() => liveWireMap({ ...costs, data: new Float32Array(costs.data.length) }, { x: 0, y: 0 })).toThrow('a cost is 0');
    expect(() => liveWireMap(costs, { x: 0, y: 0 }, Infinity, { isCancelled: () => true })).toThrow('stopped');
    expect(liveWireCosts(greyOf(image)).data.every((cost) => cost >= 1 && cost <= 41)).toBe(true);
  });
});

describe('magic wand', () => {
  it.each([
    [4, 8],
    [4, 30],
    [8, 8],
    [8, 30],
  ] as const)('%i-connected with tolerance %i as OpenCV', (connectivity, tolerance) => {
    const grown = magicWand(image, { x: 50, y: 45 }, { tolerance, connectivity, contiguous: true });
    expect(worstDifference(grown.data, fixture.values(`wand_${connectivity}_${tolerance}`))).toBe(0);
  });

  it('without contiguity takes what is alike anywhere, and more never loses any', () => {
    const seed = fc.record({ x: fc.integer({ min: 0, max: 119 }), y: fc.integer({ min: 0, max: 89 }) });
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 60 }), (at, tolerance) => {
        const near = magicWand(image, at, { tolerance, connectivity: 8, contiguous: true }).data;
        const more = magicWand(image, at, { tolerance: tolerance + 10, connectivity: 8, contiguous: true }).data;
        const anywhere = magicWand(image, at, { tolerance, connectivity: 8, contiguous: false }).data;
        return near[at.y * 120 + at.x] === 255 && near.every((value, pixel) => value <= (more[pixel] ?? 0) && value <= (anywhere[pixel] ?? 0));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a seed outside', () => {
    expect(() => magicWand(image, { x: 0, y: 90 }, { tolerance: 1, connectivity: 4, contiguous: true })).toThrow('the seed is (0, 90)');
  });
});
