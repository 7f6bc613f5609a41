import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { IGNORE } from '../domain/classes.ts';
import { CRF_ROWS } from './crf-rows.ts';
import { denseCrf, unaryFromLabels, unaryFromScores } from './dense-crf.ts';
import { wholeImage } from './image-region.ts';
import type { Planes } from './planes.ts';

/** Made by tests/fixtures/dense-crf/generate.py with pydensecrf itself. */
const Case = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  labels: z.int(),
  unary: z.enum(['labels', 'scores']),
  iterations: z.int(),
  gaussian: z.object({ sxyPx: z.number(), compat: z.number() }),
  bilateral: z.object({ sxyPx: z.number(), srgb: z.number(), compat: z.number() }),
  image: z.base64(),
  labelMap: z.base64().optional(),
  confidence: z.number().optional(),
  scores: z.base64().optional(),
  q: z.base64(),
});
const fixture = new URL('../../../tests/fixtures/dense-crf/cases.json', import.meta.url);
const { cases } = z.object({ cases: z.array(Case) }).parse(JSON.parse(readFileSync(fixture, 'utf8')));

/** The reference sums in float32 throughout; here sums are taken in float64 and stored in float32. */
const TOLERANCE = 1e-5;

function bytesOf(base64 = ''): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function floatsOf(base64 = ''): Float32Array {
  return new Float32Array(bytesOf(base64).buffer);
}

function unaryOf(item: z.infer<typeof Case>): Planes {
  const size = { width: item.width, height: item.height };
  if (item.unary === 'scores') return unaryFromScores({ ...size, count: item.labels, data: floatsOf(item.scores) });
  const labels = Array.from({ length: item.labels }, (_, label) => label);
  return unaryFromLabels({ ...size, data: bytesOf(item.labelMap) }, labels, item.confidence ?? 0);
}

describe('dense CRF against pydensecrf', () => {
  it.each(cases.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const image = wholeImage({ width: item.width, height: item.height, data: bytesOf(item.image) });
    const q = denseCrf(image, unaryOf(item), item);
    const expected = floatsOf(item.q);
    expect(q.data.length).toBe(expected.length);
    let worst = 0;
    for (const [index, value] of expected.entries()) worst = Math.max(worst, Math.abs(value - (q.data[index] ?? NaN)));
    expect(worst).toBeLessThan(TOLERANCE);
  });
});

describe('dense CRF', () => {
  const width = 12;
  const height = 8;
  const image = { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 256) };

  it('reads a region in place as if it were cut out', () => {
    const cut = { width: 6, height: 4, data: new Uint8Array(6 * 4 * 3) };
    for (let y = 0; y < 4; y++) cut.data.set(image.data.subarray(((y + 3) * width + 5) * 3, ((y + 3) * width + 11) * 3), y * 6 * 3);
    const labels = { width: 6, height: 4, data: Uint8Array.from({ length: 24 }, (_, pixel) => (pixel % 5 < 2 ? 9 : 0)) };
    const unary = unaryFromLabels(labels, [0, 9], 0.7);
    const region = { data: image.data, imageWidth: width, x0: 5, y0: 3, width: 6, height: 4 };
    expect(denseCrf(region, unary, CRF_ROWS.irn).data).toEqual(denseCrf(wholeImage(cut), unary, CRF_ROWS.irn).data);
  });

  it('without iterations gives the softmax of the unary', () => {
    const labels = { width, height, data: new Uint8Array(width * height).fill(4) };
    const q = denseCrf(wholeImage(image), unaryFromLabels(labels, [0, 4, 7], 0.7), { ...CRF_ROWS.irn, iterations: 0 });
    const pixels = width * height;
    expect([q.data[0], q.data[pixels], q.data[2 * pixels]].map((value) => Number(value?.toFixed(6)))).toEqual([0.15, 0.7, 0.15]);
  });

  it('an ignored pixel, or one with a label that is not listed, takes the label of the patch around it', () => {
    const flat = { width, height, data: new Uint8Array(width * height * 3).fill(90) };
    const data = new Uint8Array(width * height).fill(4);
    data[40] = IGNORE;
    data[41] = 200;
    const unary = unaryFromLabels({ width, height, data }, [0, 4], 0.7);
    expect([unary.data[40], unary.data[41]]).toEqual([unary.data[40 + width * height], unary.data[41 + width * height]]);
    const q = denseCrf(wholeImage(flat), unary, CRF_ROWS.irn);
    expect(q.data[40 + width * height]).toBeGreaterThan(0.99);
  });

  it('with one label gives certainty', () => {
    const q = denseCrf(wholeImage(image), unaryFromLabels({ width, height, data: new Uint8Array(width * height) }, [0], 0.7), CRF_ROWS.irn);
    expect(q.data.every((value) => value === 1)).toBe(true);
  });

  it('refuses a unary of another size', () => {
    const unary = unaryFromLabels({ width: 3, height: 3, data: new Uint8Array(9) }, [0, 1], 0.7);
    expect(() => denseCrf(wholeImage(image), unary, CRF_ROWS.irn)).toThrow('unary is 3×3 px, the image region 12×8 px');
  });
});
