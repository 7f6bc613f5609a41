import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { greyOf } from '../colour/grey.ts';
import { labOf, shareOfByte } from '../colour/lab.ts';
import { canny } from './canny.ts';
import { gaussianBlur, gaussianBlur3 } from './gaussian-blur.ts';
import { sobel } from './sobel.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('filter');
const image = fixture.rgb('image');
const grey = fixture.bytes('grey');

describe('colour', () => {
  it('grey as OpenCV', () => expect(worstDifference(greyOf(image).data, grey.data)).toBe(0));

  it('bytes become shares by multiplication, to the last bit as img_as_float', () => {
    expect([0, 33, 37, 41, 255].map(shareOfByte)).toEqual([0, 0.12941176470588234, 0.14509803921568626, 0.16078431372549018, 1]);
  });

  it('Lab as scikit-image', () => expect(worstDifference(labOf(image), fixture.values('lab'))).toBeLessThan(1e-5));

  it('refuses an array of another length', () => {
    expect(() => labOf({ width: 2, height: 2, data: new Uint8Array(4) })).toThrow('4 values for 2×2×3; expected 12');
    expect(() => greyOf({ width: 2, height: 2, data: new Uint8Array(4) })).toThrow('expected 12');
  });
});

describe('Gaussian blur', () => {
  it('of σ 1 as SciPy', () => {
    const blurred = gaussianBlur(labOf(image), { ...image, channels: 3 }, 1);
    expect(worstDifference(blurred, fixture.values('lab_blurred'))).toBeLessThan(1e-5);
  });

  it('wider than the image as SciPy: mirrored again and again', () => {
    const cut = { width: 9, height: 12, data: new Uint8Array(9 * 12 * 3) };
    for (let y = 0; y < 12; y++) cut.data.set(image.data.subarray(y * image.width * 3, (y * image.width + 9) * 3), y * 27);
    const blurred = gaussianBlur(labOf(cut), { width: 9, height: 12, channels: 3 }, 7);
    expect(worstDifference(blurred, fixture.values('lab_blurred_wide'))).toBeLessThan(1e-5);
  });

  it('in WebAssembly and in TypeScript is the same, at any size', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 }), fc.nat(), fc.constantFrom(0.1, 1, 3.7));
    fc.assert(
      fc.property(sizes, ([width, height, channels, seed, sigmaPx]) => {
        const values = Float64Array.from({ length: width * height * channels }, (_, at) => Math.sin(at * 12.9898 + seed) * 43758.5453);
        const size = { width, height, channels };
        expect(gaussianBlur(values.slice(), size, sigmaPx)).toEqual(gaussianBlur(values, size, sigmaPx, undefined, 'plain'));
      }),
    );
  });

  it('3×3 as OpenCV', () => expect(worstDifference(gaussianBlur3(grey).data, fixture.values('blur3'))).toBe(0));

  it('of a lone pixel and of nothing', () => {
    expect(gaussianBlur3({ width: 1, height: 1, data: Uint8Array.of(7) }).data).toEqual(Uint8Array.of(7));
    expect(gaussianBlur(new Float64Array(0), { width: 0, height: 9, channels: 1 }, 2)).toEqual(new Float64Array(0));
    expect(gaussianBlur(Float64Array.of(3), { width: 1, height: 1, channels: 1 }, 5)[0]).toBeCloseTo(3, 12);
    expect(() => gaussianBlur(new Float64Array(1), { width: 1, height: 1, channels: 1 }, -1)).toThrow('sigma is -1');
  });
});

describe('edges', () => {
  it('Sobel as OpenCV', () => {
    const { dx, dy } = sobel(grey, 'mirror');
    expect(worstDifference(dx, fixture.values('sobel_x'))).toBe(0);
    expect(worstDifference(dy, fixture.values('sobel_y'))).toBe(0);
  });

  it.each([
    ['canny_100_200', 100, 200, 'l1'],
    ['canny_1_50', 1, 50, 'l1'],
    ['canny_l2', 60.5, 180.5, 'l2'],
    ['canny_swapped', 200, 100, 'l1'],
  ] as const)('%s as OpenCV', (key, low, high, norm) => {
    expect(worstDifference(canny(grey, { low, high, norm }).data, fixture.values(key))).toBe(0);
    expect(worstDifference(canny(grey, { low, high, norm }, undefined, 'plain').data, fixture.values(key))).toBe(0);
  });

  it('Canny in WebAssembly and in TypeScript are the same, at any size', () => {
    const sides = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), fc.nat(), fc.boolean());
    fc.assert(
      fc.property(sides, ([width, height, seed, isL2]) => {
        const noise = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => (Math.imul(at + seed, 2654435761) >>> 13) & 255) };
        const parameters = { low: seed % 300, high: 2 * (seed % 400), norm: isL2 ? 'l2' : 'l1' } as const;
        expect(canny(noise, parameters).data).toEqual(canny(noise, parameters, undefined, 'plain').data);
      }),
    );
  });

  it('Canny with thresholds beyond any gradient finds none', () => {
    expect(canny(grey, { low: 1e12, high: Infinity, norm: 'l1' }).data.every((value) => value === 0)).toBe(true);
  });

  it.each([
    [0, 7],
    [1, 1],
    [1, 6],
  ])('%i × %i has none', (width, height) => {
    const flat = { width, height, data: new Uint8Array(width * height).fill(9) };
    expect(canny(flat, { low: 1, high: 50, norm: 'l1' }).data).toEqual(new Uint8Array(width * height));
  });

  it('refuses thresholds that are no numbers, and stops when asked', () => {
    expect(() => canny(grey, { low: NaN, high: 3, norm: 'l1' })).toThrow('thresholds are NaN and 3');
    expect(() => canny(grey, { low: 1, high: 3, norm: 'l1' }, { isCancelled: () => true })).toThrow('stopped');
  });
});
