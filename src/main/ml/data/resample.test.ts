import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resampleBicubic, scaled, withLongSide } from './resample.ts';

interface Picture {
  width: number;
  height: number;
  data: number[];
}
const fixture = JSON.parse(readFileSync(new URL('../../../../tests/fixtures/augment/augment.json', import.meta.url), 'utf8')) as {
  resize: { from: Picture; to: Picture[] }[];
};

describe('resampleBicubic', () => {
  for (const { from, to } of fixture.resize) {
    for (const wanted of to) {
      it(`${from.width}x${from.height} to ${wanted.width}x${wanted.height} is PIL's, within its 8-bit middle rounding`, () => {
        const photo = { ...from, data: Uint8Array.from(from.data) };
        const result = resampleBicubic(photo, wanted.width, wanted.height);
        const worst = Math.max(...result.data.map((value, at) => Math.abs(value - (wanted.data[at] ?? NaN))));
        expect(result.data.length).toBe(wanted.data.length);
        expect(worst).toBeLessThanOrEqual(2);
        const exact = result.data.filter((value, at) => value === wanted.data[at]).length;
        expect(exact / wanted.data.length).toBeGreaterThan(0.6);
      });
    }
  }
});

describe('sizes', () => {
  it('keeps the aspect and never falls to zero', () => {
    expect(withLongSide({ width: 500, height: 375 }, 416)).toEqual({ width: 416, height: 312 });
    expect(withLongSide({ width: 2, height: 3000 }, 300)).toEqual({ width: 1, height: 300 });
    expect(scaled({ width: 416, height: 312 }, 0.75)).toEqual({ width: 312, height: 234 });
  });
});
