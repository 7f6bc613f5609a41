/// <reference lib="dom" />
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { DenseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { RASTER_JOBS, runRasterJob } from '#shared/raster/raster-jobs.ts';
import { SLIC_SILOP } from '#shared/raster/superpixels/slic.ts';
import { noBrowser } from '../support/browser.ts';
import { RasterFixture } from '../support/raster-fixtures.ts';
import { openRasterPage, type RasterPage } from '../support/raster-page.ts';

const image = new RasterFixture('filter').rgb('image');
const { width, height } = image;
const map = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 0 : 8)) };
const crf = { image, unary: unaryFromLabels(map, [0, 8], 0.7), parameters: CRF_ROWS.irn };

describe.skipIf(noBrowser !== null)('raster primitives in a browser’s workers', () => {
  let raster: RasterPage;
  beforeAll(async () => {
    raster = await openRasterPage();
  });
  afterAll(() => raster.close());

  it('the dense CRF runs as WebAssembly under the window’s policy, and gives what it gives in Node', async () => {
    const found = await raster.page.evaluate(async (input) => {
      const pool = window.raster.startRasterPool(1);
      const { data } = await pool.run('crf', input);
      await pool.close();
      return [...data];
    }, crf);
    const whole = new DenseCrf(wholeImage(image)).infer(crf.unary, crf.parameters).data;
    expect(found).toEqual([...whole]);
    // TypeScript would have given other last digits.
    expect([...new DenseCrf(wholeImage(image), 'plain').infer(crf.unary, crf.parameters).data]).not.toEqual(found);
  });

  it('every primitive gives in a worker what it gives in the page', async () => {
    const { ran, different } = await raster.page.evaluate(() => window.raster.tryJobs());
    expect(ran.toSorted()).toEqual(Object.keys(RASTER_JOBS).toSorted());
    expect(different).toEqual([]);
  });

  it('two images at once, with progress; one cancelled leaves the other alone', async () => {
    const input = { image, parameters: SLIC_SILOP };
    const { shares, cancelled, data, path } = await raster.page.evaluate(async (slic) => {
      const pool = window.raster.startRasterPool(2);
      const cancel = new AbortController();
      const told: number[] = [];
      const endless = pool.run('slic', { ...slic, parameters: { ...slic.parameters, iterations: 10_000 } }, { signal: cancel.signal, onProgress: () => cancel.abort() });
      const [ended, regions] = await Promise.all([
        endless.then(
          () => 'went on to its end',
          (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
        ),
        pool.run('slic', slic, { onProgress: (share) => told.push(share) }),
      ]);
      const wire = await pool.run('liveWire', { image: slic.image, seed: { x: 2, y: 3 } });
      await pool.close();
      return { shares: told, cancelled: ended, data: [...regions.data], path: [...window.raster.liveWirePath(wire, { x: 50, y: 40 })] };
    }, input);
    expect(cancelled).toBe('RUN_CANCELLED');
    expect(data).toEqual([...runRasterJob({ name: 'slic', input }).data]);
    expect(shares.at(-1)).toBe(1);
    expect(path.slice(0, 2)).toEqual([2, 3]);
    expect(path.slice(-2)).toEqual([50, 40]);
  });

  it('nothing is complained of', () => expect(raster.complaints).toEqual([]));
});
