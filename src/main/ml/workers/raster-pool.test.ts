import { afterEach, describe, expect, it, vi } from 'vitest';
import { RasterFixture } from '../../../../tests/support/raster-fixtures.ts';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import { runRasterJob, type RasterJob } from '#shared/raster/raster-jobs.ts';
import type { RasterPool } from '#shared/raster/raster-pool.ts';
import { SLIC_SILOP } from '#shared/raster/superpixels/slic.ts';
import { startRasterPool } from './raster-pool.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const image = new RasterFixture('filter').rgb('image');
const { width, height } = image;
const pixels = width * height;
const map = { width, height, data: Uint8Array.from({ length: pixels }, (_, at) => (at % width < width / 2 ? 0 : 8)) };
const planes = { count: 1, width, height, data: Float32Array.from({ length: pixels }, (_, at) => (at % 97) / 97) };

const JOBS: readonly RasterJob[] = [
  { name: 'crf', input: { image, unary: unaryFromLabels(map, [0, 8], 0.7), parameters: CRF_ROWS.irn } },
  { name: 'slic', input: { image, parameters: SLIC_SILOP } },
  { name: 'quickshift', input: { image, parameters: { kernelSize: 3, maxDistance: 6, ratio: 0.29, sigmaPx: 0 }, noise: new Float32Array(pixels) } },
  { name: 'canny', input: { image, parameters: { low: 50, high: 100, norm: 'l1' } } },
  { name: 'components', input: { labels: map, connectivity: 8 } },
  { name: 'contour', input: { mask: map } },
  { name: 'boundary', input: { labels: map } },
  { name: 'distance', input: { mask: map } },
  { name: 'morph', input: { map, label: 8, step: { kind: 'open', radiusPx: 3 } } },
  { name: 'resize', input: { image, size: { width: 50, height: 80 }, filter: 'bicubic' } },
  { name: 'walk', input: { scores: planes, guide: planes, by: 'edges', radius: 3, parameters: { beta: 10, doublings: 2 } } },
  { name: 'liveWire', input: { image, seed: { x: 3, y: 4 } } },
  { name: 'wand', input: { image, seed: { x: 3, y: 4 }, parameters: { tolerance: 20, connectivity: 4, contiguous: true } } },
];

let pool: RasterPool;
afterEach(() => pool.close());

describe('primitives in worker threads', () => {
  it('all give what they give in this one, side by side', async () => {
    pool = startRasterPool(2);
    const results = await Promise.all(JOBS.map(({ name, input }) => pool.run(name, input)));
    for (const [index, job] of JOBS.entries()) expect(results[index], job.name).toEqual(runRasterJob(job));
    // What went there is still here.
    expect(image.data).toHaveLength(pixels * 3);
  });

  it('tell how far they are, rising to 1', async () => {
    pool = startRasterPool(1);
    const shares: number[] = [];
    await pool.run('slic', { image, parameters: SLIC_SILOP }, { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(5);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('one cancelled midway ends, and the next is whole', async () => {
    pool = startRasterPool(1);
    const cancel = new AbortController();
    const endless = { image, parameters: { ...SLIC_SILOP, iterations: 10_000 } };
    const begun = pool.run('slic', endless, { signal: cancel.signal, onProgress: () => cancel.abort() });
    await expect(begun).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(await pool.run('slic', { image, parameters: SLIC_SILOP })).toEqual(runRasterJob({ name: 'slic', input: { image, parameters: SLIC_SILOP } }));
  });

  it('refuse what they refuse here, and go on', async () => {
    pool = startRasterPool(1);
    await expect(pool.run('wand', { image, seed: { x: width, y: 0 }, parameters: { tolerance: 1, connectivity: 4, contiguous: true } })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await pool.run('boundary', { labels: map })).toEqual(runRasterJob({ name: 'boundary', input: { labels: map } }));
  });
});
