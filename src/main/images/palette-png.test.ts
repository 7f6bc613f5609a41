import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { bombPng, handmadePng as png } from '../../../tests/support/png.ts';
import { VOC_PALETTE, decodeLabelPng, encodeLabelPng } from './palette-png.ts';

const Fixture = z.object({
  palette: z.array(z.array(z.int())),
  cases: z.array(z.object({ name: z.string(), width: z.int(), height: z.int(), values: z.array(z.int()), png: z.string() })),
});
const fixture = Fixture.parse(JSON.parse(readFileSync(new URL('../../../tests/fixtures/label-png/cases.json', import.meta.url), 'utf8')));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof PenumbraError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

describe('label PNG', () => {
  it('has the VOC development kit palette', () => {
    expect(VOC_PALETTE.map((colour) => [...colour])).toEqual(fixture.palette);
  });

  it.each(fixture.cases)('reads the values that Pillow wrote: $name', ({ width, height, values, png: base64 }) => {
    const { map } = decodeLabelPng(Buffer.from(base64, 'base64'), 'mask.png');
    expect([map.width, map.height]).toEqual([width, height]);
    expect([...map.data]).toEqual(values);
  });

  it('gives back every byte it wrote', () => {
    const map = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([width, height]) =>
      fc.uint8Array({ minLength: width * height, maxLength: width * height }).map((data) => ({ width, height, data })),
    );
    const property = fc.property(map, (labels) => {
      expect(decodeLabelPng(encodeLabelPng(labels), 'm').map).toEqual(labels);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('writes colours that another decoder shows', async () => {
    const bytes = encodeLabelPng({ width: 3, height: 1, data: Uint8Array.of(0, 15, 255) });
    const { data } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([...data]).toEqual([0, 0, 0, 192, 128, 128, 224, 224, 192]);
  });

  it('refuses 30,000 × 30,000 in a small file by its header', () => {
    const bomb = bombPng();
    const before = process.memoryUsage().arrayBuffers;
    expect(codeOf(() => decodeLabelPng(bomb, 'bomb.png'))).toBe('IMAGE_TOO_LARGE');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('refuses data that inflates to more than the header says', () => {
    expect(codeOf(() => decodeLabelPng(png({ width: 8, height: 8, depth: 8, colourType: 0 }, new Uint8Array(50_000_000)), 'bomb.png'))).toBe('IMAGE_UNREADABLE');
  });

  it('refuses every beginning of a file that is cut short', () => {
    const whole = encodeLabelPng({ width: 20, height: 10, data: Uint8Array.from({ length: 200 }, (_, index) => index) });
    for (let length = 0; length < whole.length; length++) {
      expect(['IMAGE_TRUNCATED', 'IMAGE_UNREADABLE']).toContain(codeOf(() => decodeLabelPng(whole.subarray(0, length), 'cut.png')));
    }
  });

  it('refuses a damaged byte in the pixel data', () => {
    const whole = encodeLabelPng({ width: 20, height: 10, data: new Uint8Array(200).fill(7) });
    const damaged = Uint8Array.from(whole);
    const at = damaged.length - 20;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(codeOf(() => decodeLabelPng(damaged, 'bad.png'))).toBe('IMAGE_TRUNCATED');
  });

  it('refuses a colour of no class and says where', () => {
    const bytes = png({ width: 2, height: 1, depth: 8, colourType: 2 }, Uint8Array.of(0, 128, 0, 0, 1, 2, 3));
    expect(() => decodeLabelPng(bytes, 'rgb.png')).toThrow(/rgb\.png: colour \(1, 2, 3\) at pixel \(1, 0\)/);
    expect(codeOf(() => decodeLabelPng(bytes, 'rgb.png'))).toBe('MASK_UNKNOWN_COLOUR');
  });

  it('refuses a half-transparent class colour', () => {
    const bytes = png({ width: 1, height: 1, depth: 8, colourType: 6 }, Uint8Array.of(0, 128, 0, 0, 120));
    expect(codeOf(() => decodeLabelPng(bytes, 'rgba.png'))).toBe('MASK_UNKNOWN_COLOUR');
  });

  it.each([
    ['16-bit grey', { width: 1, height: 1, depth: 16, colourType: 0 }, Uint8Array.of(0, 0, 5)],
    ['grey with transparency', { width: 1, height: 1, depth: 8, colourType: 4 }, Uint8Array.of(0, 5, 255)],
    ['interlaced at 4 bits', { width: 1, height: 1, depth: 4, colourType: 0, interlace: 1 }, Uint8Array.of(0, 0x50)],
  ])('refuses %s', (_, header, data) => {
    expect(codeOf(() => decodeLabelPng(png(header, data), 'odd.png'))).toBe('IMAGE_UNSUPPORTED');
  });

  it('tells a palette in another order from a foreign one', () => {
    const swapped = [VOC_PALETTE[0], VOC_PALETTE[7]].map((colour) => colour ?? ([0, 0, 0] as const));
    const labels = { width: 2, height: 1, data: Uint8Array.of(0, 1) };
    expect(decodeLabelPng(encodeLabelPng(labels, swapped), 'm').reordered).toEqual({ value: 1, colourOf: 7 });
    expect(decodeLabelPng(encodeLabelPng(labels, [[0, 0, 0], [1, 1, 1]]), 'm').reordered).toBeNull();
    expect(decodeLabelPng(encodeLabelPng(labels), 'm').reordered).toBeNull();
  });
});
