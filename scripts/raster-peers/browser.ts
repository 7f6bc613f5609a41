/// <reference lib="dom" />
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { unaryFromLabels } from '#shared/raster/crf/unary.ts';
import type { RasterInput } from '#shared/raster/raster-jobs.ts';
import { SLIC_SILOP } from '#shared/raster/superpixels/slic.ts';
import { openRasterPage } from '../../tests/support/raster-page.ts';
import type { Measured } from '../bench/method-measures.ts';
import { quantile } from '../bench/page-time.ts';
import { readVocPhoto } from './voc-photos.ts';

/** Of each: often enough that a busy moment does not decide. */
const REPEATS = 9;
/** Of 500 × 375 px. */
const PHOTO = '2007_000063';

/**
 * What a user of the window waits for, by the clock: from asking a worker until its answer is in the page. Beside it what the page's process takes of the
 * processor meanwhile, which other work on the machine changes less.
 */
export async function benchBrowser(): Promise<Measured> {
  const image = await readVocPhoto(PHOTO);
  const { width, height } = image;
  // Four labels in quarters, as coarse as seeds are.
  const map = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 0 : 1) + (at < (height / 2) * width ? 0 : 2)) };
  const crf = { image, unary: unaryFromLabels(map, [0, 1, 2, 3], 0.7), parameters: CRF_ROWS.irn };
  const slic = { image, parameters: SLIC_SILOP };
  const raster = await openRasterPage();
  try {
    const measured = async (name: 'crf' | 'slic'): Promise<{ tookMs: number[]; cpuMs: number }> => {
      await raster.page.evaluate(timeJob, { name, input: name === 'crf' ? crf : slic, repeats: 2 });
      const before = await raster.cpuMs();
      const tookMs = await raster.page.evaluate(timeJob, { name, input: name === 'crf' ? crf : slic, repeats: REPEATS });
      return { tookMs, cpuMs: ((await raster.cpuMs()) - before) / REPEATS };
    };
    const [ofCrf, ofSlic] = [await measured('crf'), await measured('slic')];
    const pathMs = await raster.page.evaluate(timePaths, { image, seed: { x: 100, y: 90 } });
    return [
      { figure: `dense CRF of ${width} × ${height} px, 4 labels, ${crf.parameters.iterations} iterations, median of ${REPEATS}`, value: quantile(ofCrf.tookMs, 0.5), unit: 'ms', atMost: 1000 },
      { figure: 'dense CRF, of the processor', value: ofCrf.cpuMs, unit: 'ms' },
      { figure: `SLIC of it, median of ${REPEATS}`, value: quantile(ofSlic.tookMs, 0.5), unit: 'ms', atMost: 200 },
      { figure: 'SLIC, of the processor', value: ofSlic.cpuMs, unit: 'ms' },
      { figure: `live-wire: path once its map is built, median of ${pathMs.length}`, value: quantile(pathMs, 0.5), unit: 'ms', atMost: 16 },
      { figure: 'live-wire: path, the worst', value: Math.max(...pathMs), unit: 'ms' },
    ];
  } finally {
    await raster.close();
  }
}

/** Runs in the page; the worker is started and warm before the first that counts. */
async function timeJob({ name, input, repeats }: { name: 'crf' | 'slic'; input: RasterInput<'crf'> | RasterInput<'slic'>; repeats: number }): Promise<number[]> {
  const pool = (window.benchPool ??= window.raster.startRasterPool(1));
  const tookMs: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const startMs = performance.now();
    await pool.run(name, input);
    tookMs.push(performance.now() - startMs);
  }
  return tookMs;
}

async function timePaths(input: RasterInput<'liveWire'>): Promise<number[]> {
  const map = await window.raster.startRasterPool(1).run('liveWire', input);
  return Array.from({ length: 200 }, (_, index) => {
    const startMs = performance.now();
    window.raster.liveWirePath(map, { x: (index * 37) % map.width, y: (index * 53) % map.height });
    return performance.now() - startMs;
  });
}

declare global {
  interface Window {
    benchPool?: ReturnType<Window['raster']['startRasterPool']>;
  }
}
