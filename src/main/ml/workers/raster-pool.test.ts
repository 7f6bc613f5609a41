import { afterEach, describe, expect, it, vi } from 'vitest';
import { RasterFixture } from '../../../../tests/support/raster-fixtures.ts';
import { RASTER_JOB_NAMES, RASTER_JOB_SAMPLES } from '../../../../tests/support/raster-job-samples.ts';
import { RASTER_JOBS, runRasterJob } from '#shared/raster/raster-jobs.ts';
import type { RasterPool } from '#shared/raster/raster-pool.ts';
import { SLIC_SILOP } from '#shared/raster/superpixels/slic.ts';
import { startRasterPool } from './raster-pool.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const image = new RasterFixture('filter').rgb('image');
const { width, height } = image;
const map = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 0 : 8)) };

let pool: RasterPool;
afterEach(() => pool.close());

describe('primitives in worker threads', () => {
  it('all give what they give when called in this one, and leave what was sent', async () => {
    pool = startRasterPool(2);
    const before = structuredClone(RASTER_JOB_SAMPLES.blur.input);
    const results = await Promise.all(RASTER_JOB_NAMES.map((name) => pool.run(name, RASTER_JOB_SAMPLES[name].input)));
    for (const [index, name] of RASTER_JOB_NAMES.entries()) expect(results[index], name).toEqual(RASTER_JOB_SAMPLES[name].direct());
    expect(RASTER_JOB_NAMES.toSorted()).toEqual(Object.keys(RASTER_JOBS).toSorted());
    expect(RASTER_JOB_SAMPLES.blur.input).toEqual(before);
  });

  it.each(RASTER_JOB_NAMES.filter((name) => RASTER_JOBS[name].length > 1))('%s tells how far it is, rising to 1, and ends when asked', (name) => {
    const job = { name, input: structuredClone(RASTER_JOB_SAMPLES[name].input) };
    const shares: number[] = [];
    runRasterJob(job, { onProgress: (share) => shares.push(share) });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    let asked = 0;
    expect(() => runRasterJob(job, { isCancelled: () => ++asked === Math.ceil(shares.length / 2) })).toThrow('stopped');
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

  it('refuse edges of several planes', async () => {
    pool = startRasterPool(1);
    const input = { ...RASTER_JOB_SAMPLES.walk.input, guide: RASTER_JOB_SAMPLES.walk.input.scores };
    await expect(pool.run('walk', input)).rejects.toThrow('the edges are 2 planes; expected one');
  });

  it('refuse what they refuse here, and go on', async () => {
    pool = startRasterPool(1);
    await expect(pool.run('wand', { image, seed: { x: width, y: 0 }, parameters: { tolerance: 1, connectivity: 4, contiguous: true } })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await pool.run('boundary', { labels: map })).toEqual(runRasterJob({ name: 'boundary', input: { labels: map } }));
  });
});
