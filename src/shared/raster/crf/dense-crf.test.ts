import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { IGNORE } from '../../domain/classes.ts';
import { CRF_ROWS, type CrfParameters } from './crf-rows.ts';
import { DenseCrf, denseCrf, denseCrfRuns } from './dense-crf.ts';
import { makeKernel } from './kernels.ts';
import { unaryFromLabels, unaryFromScores } from './unary.ts';
import { wholeImage } from '../image-region.ts';
import type { Planes } from '../planes.ts';
import type { RasterTask } from '../raster-task.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const Deviation = z.union([z.number(), z.tuple([z.number(), z.number()])]);
const Compat = z.union([z.number(), z.array(z.number()), z.array(z.array(z.number()))]);
const Norm = z.enum(['symmetric', 'before', 'after', 'none']);
/** Made by tests/fixtures/dense-crf/generate.py with pydensecrf itself. */
const Case = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  labels: z.int(),
  unary: z.enum(['labels', 'scores']),
  iterations: z.int(),
  gaussian: z.object({ sxyPx: Deviation, compat: Compat, normalisation: Norm }),
  bilateral: z.object({ sxyPx: Deviation, srgb: z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]), compat: Compat, normalisation: Norm }),
  image: z.base64(),
  labelMap: z.base64().optional(),
  confidence: z.number().optional(),
  scores: z.base64().optional(),
  q: z.base64(),
});
const fixture = new URL('../../../../tests/fixtures/dense-crf/cases.json', import.meta.url);
const { cases } = z.object({ cases: z.array(Case) }).parse(JSON.parse(readFileSync(fixture, 'utf8')));

/** Sums in float32, in another order than the reference's. */
const TOLERANCE = 2e-5;

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

describe.each([['WebAssembly'], ['plain']] as const)('dense CRF in %s against pydensecrf', (engine) => {
  it.each(cases.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const image = wholeImage({ width: item.width, height: item.height, data: bytesOf(item.image) });
    const q = new DenseCrf(image, engine === 'plain' ? 'plain' : undefined).infer(unaryOf(item), item);
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
    expect(() => denseCrf(wholeImage(image), unary, CRF_ROWS.irn)).toThrow('labels or scores are 3×3 px; expected the photo\'s 12×8');
  });

  const someScores = (count: number): Planes => ({
    count,
    width,
    height,
    data: Float32Array.from({ length: count * width * height }, (_, at) => ((at * 7919) % 101) / 101),
  });

  it('keeps its lattices: other unaries, weights and deviations give what a new one gives', () => {
    const crf = new DenseCrf(wholeImage(image));
    const rows = [CRF_ROWS.irn, CRF_ROWS.psa, { ...CRF_ROWS.irn, iterations: 3 }, CRF_ROWS['resnet38-test'], CRF_ROWS.irn];
    for (const [index, row] of rows.entries()) {
      const unary = unaryFromScores(someScores(2 + (index % 3)));
      expect(crf.infer(unary, row).data).toEqual(denseCrf(wholeImage(image), unary, row).data);
    }
  });

  it('permutes with its labels', () => {
    const pixels = width * height;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.infiniteStream(fc.nat()), (count, chance) => {
        const order = Array.from({ length: count }, (_, label) => label)
          .map((label) => ({ label, at: chance.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ label }) => label);
        const unary = unaryFromScores(someScores(count));
        const permuted = new Float32Array(unary.data.length);
        order.forEach((from, to) => permuted.set(unary.data.subarray(from * pixels, (from + 1) * pixels), to * pixels));
        const plain = denseCrf(wholeImage(image), unary, CRF_ROWS.irn).data;
        const other = denseCrf(wholeImage(image), { ...unary, data: permuted }, CRF_ROWS.irn).data;
        for (const [to, from] of order.entries()) {
          for (let pixel = 0; pixel < pixels; pixel++) {
            if (Math.abs((other[to * pixels + pixel] ?? NaN) - (plain[from * pixels + pixel] ?? NaN)) > 1e-4) return false;
          }
        }
        return true;
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['1 × 1', 1, 1, 2],
    ['0 × 5', 0, 5, 3],
    ['a line shorter than any kernel', 3, 1, 2],
    ['256 labels', 6, 5, 256],
  ])('%s', (_, w, h, count) => {
    const scores = { count, width: w, height: h, data: new Float32Array(count * w * h).fill(0.5) };
    const picture = { width: w, height: h, data: new Uint8Array(w * h * 3) };
    const q = denseCrf(wholeImage(picture), unaryFromScores(scores), { ...CRF_ROWS.psa, bilateral: { sxyPx: 8000, srgb: 13, compat: 10 } });
    expect(q.data.length).toBe(count * w * h);
    expect(q.data.every((value) => Math.abs(value - 1 / count) < 1e-5)).toBe(true);
  });

  it('an energy of +Infinity forbids a label, also where its neighbours take it', () => {
    const unary = unaryFromScores({ count: 2, width, height, data: new Float32Array(2 * width * height).fill(1).fill(0, width * height) });
    unary.data[30] = Infinity;
    const q = denseCrf(wholeImage(image), unary, CRF_ROWS.irn);
    expect([q.data[30], q.data[30 + width * height]]).toEqual([0, 1]);
  });

  it.each([
    ['NaN', NaN, 'the energy of label 1 at x = 2, y = 1 is NaN'],
    ['-Infinity', -Infinity, 'the energy of label 1 at x = 2, y = 1 is -Infinity'],
  ])('refuses %s among the energies', (_, energy, message) => {
    const unary = unaryFromScores(someScores(3));
    unary.data[width * height + width + 2] = energy;
    expect(() => denseCrf(wholeImage(image), unary, CRF_ROWS.irn)).toThrow(message);
  });

  it('refuses what makes no sense, and says so', () => {
    const unary = unaryFromScores(someScores(2));
    const run = (parameters: Partial<CrfParameters>) => () => denseCrf(wholeImage(image), unary, { ...CRF_ROWS.irn, ...parameters });
    expect(run({ iterations: -1 })).toThrow('iterations is -1');
    expect(run({ gaussian: { sxyPx: 0, compat: 3 } })).toThrow('a standard deviation is 0');
    expect(run({ gaussian: { sxyPx: 3, compat: [1, 2, 3] } })).toThrow(/compat is (3 rows|NaN), which does not fit 2 labels/);
    expect(run({ gaussian: { sxyPx: 3, compat: NaN } })).toThrow(/compat is (3 rows|NaN), which does not fit 2 labels/);
    const forbidden = { ...unary, data: new Float32Array(unary.data.length).fill(Infinity) };
    expect(() => denseCrf(wholeImage(image), forbidden, CRF_ROWS.irn)).toThrow('every label is forbidden at x = 0, y = 0');
    const huge = { count: 256, width: 4000, height: 3000, data: { length: 256 * 12e6 } as Float32Array };
    const photo = { data: new Uint8Array(0), imageWidth: 4000, x0: 0, y0: 0, width: 4000, height: 3000 };
    expect(() => denseCrf(photo, huge, CRF_ROWS.irn)).toThrow('256 labels on 4000×3000 px would take 47.8 GiB of memory; expected at most 8');
  });

  it('tells how far it is, and ends when asked, at whichever step', () => {
    const unary = unaryFromScores(someScores(3));
    const shares: number[] = [];
    const whole = denseCrf(wholeImage(image), unary, CRF_ROWS.irn, { onProgress: (share) => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    for (let step = 1; step <= shares.length; step++) {
      const crf = new DenseCrf(wholeImage(image));
      let asked = 0;
      expect(() => crf.infer(unary, CRF_ROWS.irn, { isCancelled: () => ++asked === step })).toThrow('stopped');
      if (step % 16 === 0) expect(crf.infer(unary, CRF_ROWS.irn).data).toEqual(whole.data);
    }
  });

  it('asks while it builds a lattice, and ends there', () => {
    const noise = { width: 300, height: 200, data: Uint8Array.from({ length: 180_000 }, (_, at) => Math.imul(at + 7, 2654435761) >>> 24) };
    const build = (task: RasterTask) => makeKernel(wholeImage(noise), [50, 50, 5, 5, 5], 'symmetric', task);
    const shares = [0];
    build({ onProgress: (share) => shares.push(share) });
    expect(Math.max(...shares.map((share, index) => share - (shares[index - 1] ?? 0)))).toBeLessThan(0.1);
    for (const step of [2, Math.floor(shares.length / 2), shares.length - 1]) {
      let asked = 0;
      expect(() => build({ isCancelled: () => ++asked === step })).toThrow('stopped');
      expect(asked).toBe(step);
    }
  });

  it('several runs over one photo build its lattices once, and each gives what it gives alone', () => {
    const runs = [CRF_ROWS.psa, { ...CRF_ROWS.psa, iterations: 2 }, { ...CRF_ROWS.psa, gaussian: null }].map((parameters, index) => ({ parameters, unary: unaryFromScores(someScores(2 + index)) }));
    let told = 0;
    const onProgress = (): void => void (told += 1);
    const together = denseCrfRuns(wholeImage(image), runs, { onProgress });
    const toldTogether = told;
    expect(together.map(({ data }) => data)).toEqual(runs.map(({ unary, parameters }) => denseCrf(wholeImage(image), unary, parameters, { onProgress }).data));
    // What is not built is not told either.
    expect(toldTogether).toBeLessThan(told - toldTogether);
    expect(denseCrfRuns(wholeImage(image), [])).toEqual([]);
  });
});
