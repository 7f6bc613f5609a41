import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RasterFixture, shareMatched, worstDifference } from '../../../../tests/support/raster-fixtures.ts';
import { labelComponents } from '../components/label-components.ts';
import type { RgbRaster } from '../rasters.ts';
import { QUICKSHIFT_SILOP, quickshift } from './quickshift.ts';
import { adjacentRegions, majorityVote } from './regions.ts';
import { SLIC_SILOP, slic } from './slic.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const fixture = new RasterFixture('superpixels');
const image = fixture.rgb('image');
const noise = fixture.values('noise');

function noisy(width: number, height: number, seed: number): RgbRaster {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, at) => (Math.imul(at + seed, 2654435761) >>> 13) & 255) };
}

describe('SLIC as scikit-image', () => {
  it.each([
    ['silop', SLIC_SILOP],
    ['few', { ...SLIC_SILOP, segments: 40, compactness: 10, sigmaPx: 0 }],
    ['loose', { ...SLIC_SILOP, segments: 150, compactness: 5, connected: false }],
  ])('%s', (name, parameters) => {
    const { data, count } = slic(image, parameters);
    expect(slic(image, parameters, undefined, 'plain').data).toEqual(data);
    expect(shareMatched(data, fixture.values(`slic_${name}`))).toBeGreaterThanOrEqual(0.999);
    expect(data.every((label) => label >= 0 && label < count)).toBe(true);
  });

  it('an image lower than a grid step', () => {
    const line = { width: 40, height: 6, data: new Uint8Array(40 * 6 * 3) };
    for (let y = 0; y < 6; y++) line.data.set(image.data.subarray(y * image.width * 3, (y * image.width + 40) * 3), y * 120);
    expect(shareMatched(slic(line, { ...SLIC_SILOP, segments: 30, compactness: 10 }).data, fixture.values('slic_line'))).toBe(1);
  });

  it.each([3, 5, 7, 10])('on a ramp of grey, where the grid has other clusters than the %i asked for', (segments) => {
    const ramps = new RasterFixture('ramps');
    const parameters = { ...SLIC_SILOP, segments, compactness: 10, sigmaPx: 0 };
    for (const engine of [undefined, 'plain'] as const) expect(worstDifference(slic(ramps.rgb('image'), parameters, undefined, engine).data, ramps.values(`slic_${segments}`))).toBe(0);
  });
});

describe('SLIC', () => {
  it('gives connected regions that partition the image', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 700 }), fc.nat(), (width, height, segments, seed) => {
        const regions = slic(noisy(width, height, seed), { ...SLIC_SILOP, segments });
        const parts = labelComponents(regions, 4);
        return regions.data.length === width * height && parts.count <= regions.count && regions.data.every((label) => label >= 0 && label < regions.count);
      }),
      { numRuns: 40 },
    );
  });

  it('in WebAssembly and in TypeScript is the same, at any size', () => {
    const settings = fc.record({ segments: fc.integer({ min: 1, max: 60 }), compactness: fc.constantFrom(0.1, 5, 15), sigmaPx: fc.constantFrom(0, 0.6, 3), connected: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 24 }), fc.nat(), settings, (width, height, seed, rest) => {
        const parameters = { ...rest, iterations: 4 };
        expect(slic(noisy(width, height, seed), parameters)).toEqual(slic(noisy(width, height, seed), parameters, undefined, 'plain'));
      }),
    );
  });

  it('of one colour, of one pixel, of none', () => {
    expect(slic({ width: 0, height: 4, data: new Uint8Array(0) }, SLIC_SILOP).count).toBe(0);
    expect([...slic({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, SLIC_SILOP).data]).toEqual([0]);
    expect(slic({ width: 20, height: 20, data: new Uint8Array(1200).fill(77) }, { ...SLIC_SILOP, segments: 4 }).count).toBeGreaterThan(1);
  });

  it('refuses what makes no sense, tells how far it is, and stops when asked', () => {
    expect(() => slic(image, { ...SLIC_SILOP, compactness: 0 })).toThrow('compactness is 0');
    expect(() => slic(image, { ...SLIC_SILOP, segments: 0.5 })).toThrow('segments is 0.5');
    for (const sigmaPx of [NaN, -1, 1001, Infinity]) expect(() => slic(image, { ...SLIC_SILOP, sigmaPx })).toThrow(`sigma is ${sigmaPx}; expected a number from 0 to 1000`);
    expect(() => slic({ ...image, width: 7 }, SLIC_SILOP)).toThrow('expected');
    const shares: number[] = [];
    slic(image, SLIC_SILOP, { onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    let asked = 0;
    expect(() => slic(image, SLIC_SILOP, { isCancelled: () => ++asked > 4 })).toThrow('stopped');
  });
});

describe('quickshift', () => {
  it.each([
    ['silop', QUICKSHIFT_SILOP],
    ['far', { kernelSize: 2, maxDistance: 30, ratio: 1, sigmaPx: 1 }],
  ])('%s as scikit-image with its noise', (name, parameters) => {
    expect(shareMatched(quickshift(image, parameters, noise).data, fixture.values(`quickshift_${name}`))).toBeGreaterThanOrEqual(0.999);
  });

  it('of one pixel, of none; refuses noise of another size; stops when asked', () => {
    expect([...quickshift({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, QUICKSHIFT_SILOP, [0]).data]).toEqual([0]);
    expect(quickshift({ width: 0, height: 3, data: new Uint8Array(0) }, QUICKSHIFT_SILOP, []).count).toBe(0);
    expect(() => quickshift(image, QUICKSHIFT_SILOP, [1])).toThrow('quickshift noise: 1 values for 90×120; expected 10800');
    expect(() => quickshift(image, { ...QUICKSHIFT_SILOP, kernelSize: 0.5 }, noise)).toThrow('kernelSize is 0.5');
    for (const value of [NaN, Infinity]) {
      const broken = Float64Array.from(noise);
      broken[125] = value;
      expect(() => quickshift(image, QUICKSHIFT_SILOP, broken)).toThrow(`the noise at x = 5, y = 1 is ${value}; expected a finite number`);
    }
    for (const kernelSize of [NaN, 1001]) expect(() => quickshift(image, { ...QUICKSHIFT_SILOP, kernelSize }, noise)).toThrow(`kernelSize is ${kernelSize}; expected a number from 1 to 1000`);
    for (const sigmaPx of [NaN, 1001]) expect(() => quickshift(image, { ...QUICKSHIFT_SILOP, sigmaPx }, noise)).toThrow(`sigma is ${sigmaPx}; expected a number from 0 to 1000`);
    for (const ratio of [NaN, -1, Infinity]) expect(() => quickshift(image, { ...QUICKSHIFT_SILOP, ratio }, noise)).toThrow(`ratio is ${ratio}; expected a number from 0`);
    let asked = 0;
    expect(() => quickshift(image, QUICKSHIFT_SILOP, noise, { isCancelled: () => ++asked > 100 })).toThrow('stopped');
  });
});

describe('regions', () => {
  const regions = { count: 4, width: 4, height: 2, data: Int32Array.of(0, 0, 1, 1, 2, 2, 2, 3) };

  it('are adjacent over sides, each pair once', () => {
    expect([...adjacentRegions(regions)]).toEqual([0, 1, 0, 2, 1, 2, 1, 3, 2, 3]);
  });

  it('are adjacent as trying all neighbours says, however many they are', () => {
    const sides = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 9000 }), fc.nat());
    fc.assert(
      fc.property(sides, ([width, height, count, seed]) => {
        const data = Int32Array.from({ length: width * height }, (_, at) => (Math.imul(at + seed, 2654435761) >>> 8) % count);
        const pairs = new Set<string>();
        for (let at = 0; at < data.length; at++) {
          for (const other of [(at + 1) % width === 0 ? at : at + 1, at + width]) {
            const [a = 0, b = a] = [data[at], data[other]];
            if (a !== b) pairs.add(`${Math.min(a, b)} ${Math.max(a, b)}`);
          }
        }
        const found = adjacentRegions({ count, width, height, data });
        const listed = Array.from({ length: found.length / 2 }, (_, pair) => `${found[pair * 2]} ${found[pair * 2 + 1]}`);
        return listed.length === pairs.size && listed.every((pair) => pairs.has(pair));
      }),
      { numRuns: 30 },
    );
  });

  it('vote, the smallest of equals winning', () => {
    const labels = { width: 4, height: 2, data: Int32Array.of(9, 5, 300, 300, 1, 1, 7, 0) };
    expect([...majorityVote(regions, labels)]).toEqual([5, 5, 300, 300, 1, 1, 1, 0]);
    expect(() => majorityVote(regions, { ...labels, data: labels.data.subarray(1) })).toThrow('7 labels for 8 pixels');
    expect(() => majorityVote(regions, { ...labels, width: 2, height: 4 })).toThrow('the labels are 2×4 px, the regions 4×2');
  });

  it('a vote over a vote changes nothing', () => {
    const superpixels = slic(image, { ...SLIC_SILOP, segments: 60 });
    const labels = { width: image.width, height: image.height, data: Int32Array.from(superpixels.data, (_, at) => image.data[at * 3] ?? 0) };
    const voted = majorityVote(superpixels, labels);
    expect(majorityVote(superpixels, { ...labels, data: voted })).toEqual(voted);
  });
});
