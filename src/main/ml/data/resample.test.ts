import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atMostLongSide, resampleBicubic, resampleNearest, scaled, withLongSide } from './resample.ts';

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

describe('resampleNearest', () => {
  it('picks values and mixes none', () => {
    const labels = Uint8Array.from([0, 255, 7, 0, 3, 3, 9, 255, 1, 1, 1, 200]);
    const result = resampleNearest(labels, { width: 4, height: 3 }, { width: 11, height: 7 });
    expect([...new Set(result)].every((value) => labels.includes(value))).toBe(true);
  });

  it('takes the pixel under the centre: 4x2 to 2x1', () => {
    const labels = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...resampleNearest(labels, { width: 4, height: 2 }, { width: 2, height: 1 })]).toEqual([6, 8]);
  });
});

describe('sizes', () => {
  it('keeps the aspect and never falls to zero', () => {
    expect(withLongSide({ width: 500, height: 375 }, 416)).toEqual({ width: 416, height: 312 });
    expect(withLongSide({ width: 2, height: 3000 }, 300)).toEqual({ width: 1, height: 300 });
    expect(scaled({ width: 416, height: 312 }, 0.75)).toEqual({ width: 312, height: 234 });
  });

  it('reduces but never enlarges to a long side', () => {
    expect(atMostLongSide({ width: 320, height: 240 }, 416)).toEqual({ width: 320, height: 240 });
    expect(atMostLongSide({ width: 240, height: 832 }, 416)).toEqual({ width: 120, height: 416 });
  });
});
