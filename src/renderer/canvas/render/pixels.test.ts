import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { heatColours } from '#shared/raster/heat-palettes.ts';
import { drawHeat, heatTable } from './heat-pixels.ts';
import { drawLabels, labelColours, type LabelLook } from './label-pixels.ts';

const CLASSES: LabelLook['classes'] = [
  { index: 1, name: 'one', colour: [10, 20, 30] },
  { index: 2, name: 'two', colour: [200, 100, 50] },
];
const LOOK: LabelLook = { classes: CLASSES, style: 'fill', opacity: 0.5, hidden: new Set() };

const random: fc.Arbitrary<LabelMap> = fc
  .array(fc.constantFrom(0, 1, 2), { minLength: 12 * 9, maxLength: 12 * 9 })
  .map((labels) => ({ width: 12, height: 9, data: Uint8Array.from(labels) }));
const viewState = fc.record({
  scale: fc.double({ min: 0.2, max: 9, noNaN: true }),
  x: fc.double({ min: -60, max: 40, noNaN: true }),
  y: fc.double({ min: -60, max: 40, noNaN: true }),
});

function draw(map: LabelMap, look: LabelLook, view: { scale: number; x: number; y: number }, rect = { x0: 0, y0: 0, x1: 40, y1: 30 }): Uint32Array {
  const out = new Uint32Array((rect.x1 - rect.x0) * (rect.y1 - rect.y0));
  drawLabels(map, null, labelColours(look), view, rect, 1, out);
  return out;
}

describe('drawLabels', () => {
  it('shows at every px the colour of the label there, and no other colour anywhere', () => {
    fc.assert(
      fc.property(random, viewState, (map, view) => {
        const out = draw(map, LOOK, view);
        out.forEach((colour, pixel) => {
          const column = Math.floor(((pixel % 40) + 0.5 - view.x) / view.scale);
          const row = Math.floor((Math.floor(pixel / 40) + 0.5 - view.y) / view.scale);
          const isInside = column >= 0 && row >= 0 && column < 12 && row < 9;
          const label = isInside ? map.data[row * 12 + column] : 0;
          const expected = label === 0 ? [0, 0, 0, 0] : [...(CLASSES[(label ?? 0) - 1]?.colour ?? []), 128];
          const found = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255, colour >>> 24];
          if (found.join() !== expected.join()) throw new Error(`px ${pixel}: ${found.join()}, expected ${expected.join()}`);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('draws a part as it draws the whole, in every style', () => {
    fc.assert(
      fc.property(random, viewState, fc.constantFrom('fill', 'outline', 'both'), fc.nat(30), fc.nat(20), (map, view, style, x0, y0) => {
        const look = { ...LOOK, style };
        const whole = draw(map, look, view);
        const part = draw(map, look, view, { x0, y0, x1: x0 + 10, y1: y0 + 10 });
        part.forEach((colour, pixel) => {
          const at = (y0 + Math.floor(pixel / 10)) * 40 + x0 + (pixel % 10);
          expect(colour).toBe(whole[at]);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('outlines a class along its border alone, and hides hidden classes', () => {
    const map: LabelMap = { width: 40, height: 30, data: new Uint8Array(1200) };
    for (let y = 5; y < 15; y++) map.data.fill(1, y * 40 + 10, y * 40 + 20);
    const same = { scale: 1, x: 0, y: 0 };
    const outlined = draw(map, { ...LOOK, style: 'outline' }, same).filter((colour) => colour !== 0);
    expect(outlined).toHaveLength(36);
    expect(outlined.every((colour) => colour >>> 24 === 255)).toBe(true);
    expect(draw(map, { ...LOOK, hidden: new Set([1]) }, same).every((colour) => colour === 0)).toBe(true);
  });

  it('stripes marked pixels', () => {
    const map: LabelMap = { width: 8, height: 8, data: new Uint8Array(64) };
    const marks = new Uint8Array(64);
    marks[9] = 1;
    const out = new Uint32Array(64);
    drawLabels(map, marks, labelColours(LOOK), { scale: 1, x: 0, y: 0 }, { x0: 0, y0: 0, x1: 8, y1: 8 }, 1, out);
    expect([...out.keys()].filter((pixel) => out[pixel] !== 0)).toEqual([9]);
  });
});

describe('drawHeat', () => {
  const table = heatTable({ palette: 'viridis', threshold: 0 });
  const redOf = (colour: number | undefined) => (colour ?? 0) & 255;

  it('interpolates between centres of cells and holds still beyond the outer ones', () => {
    const plane = { width: 2, height: 1, scores: Float32Array.from([0, 1]) };
    const out = new Uint32Array(8);
    drawHeat(plane, { width: 8, height: 8 }, table, { scale: 1, x: 0, y: 0 }, { x0: 0, y0: 3, x1: 8, y1: 4 }, out);
    const steps = [...out].map((colour) => table.indexOf(colour));
    expect(steps).toEqual([0, 0, 32, 96, 159, 223, 255, 255]);
    expect(redOf(out[0])).toBe(redOf(table[0]));
  });

  it('shows nothing outside the photo or below the threshold', () => {
    const plane = { width: 1, height: 1, scores: Float32Array.from([0.4]) };
    const draw1 = (threshold: number) => {
      const out = new Uint32Array(16);
      drawHeat(plane, { width: 2, height: 2 }, heatTable({ palette: 'magma', threshold }), { scale: 1, x: 1, y: 1 }, { x0: 0, y0: 0, x1: 4, y1: 4 }, out);
      return out.filter((colour) => colour !== 0).length;
    };
    expect(draw1(0.3)).toBe(4);
    expect(draw1(0.5)).toBe(0);
  });
});

describe('heat palettes', () => {
  // Entries 50, 100, 128 and 200 of the tables of matplotlib 3.9.
  it.each([
    ['viridis', [[65, 66, 135], [42, 118, 142], [33, 145, 140], [112, 207, 87]]],
    ['magma', [[57, 15, 110], [137, 40, 129], [183, 55, 121], [253, 152, 105]]],
    ['turbo', [[64, 153, 255], [63, 246, 138], [164, 252, 60], [244, 102, 23]]],
  ] as const)('%s follows its published table', (palette, entries) => {
    const colours = heatColours(palette);
    entries.forEach((entry, index) => {
      const colour = colours[[50, 100, 128, 200][index] ?? 0] ?? [0, 0, 0];
      entry.forEach((value, channel) => expect(Math.abs(value - (colour[channel] ?? 0))).toBeLessThanOrEqual(3));
    });
  });
});
