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

/** What a user of the window waits for, by the clock: from asking a worker until its answer is in the page. */
export async function benchBrowser(): Promise<Measured> {
  const image = await readVocPhoto(PHOTO);
  const { width, height } = image;
  // Four labels in quarters, as coarse as seeds are.
  const map = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 0 : 1) + (at < (height / 2) * width ? 0 : 2)) };
  const crf = { image, unary: unaryFromLabels(map, [0, 1, 2, 3], 0.7), parameters: CRF_ROWS.irn };
  const raster = await openRasterPage();
  try {
    const tookMs = await raster.page.evaluate(measure, { crf, slic: { image, parameters: SLIC_SILOP }, repeats: REPEATS });
    return [
      { figure: `dense CRF of ${width} × ${height} px, 4 labels, ${crf.parameters.iterations} iterations, median of ${REPEATS}`, value: quantile(tookMs.crf, 0.5), unit: 'ms', atMost: 1000 },
      { figure: 'dense CRF, the least', value: Math.min(...tookMs.crf), unit: 'ms' },
      { figure: `SLIC of it, median of ${REPEATS}`, value: quantile(tookMs.slic, 0.5), unit: 'ms', atMost: 200 },
      { figure: 'SLIC, the least', value: Math.min(...tookMs.slic), unit: 'ms' },
      { figure: `live-wire: map from a seed, median of ${REPEATS}`, value: quantile(tookMs.map, 0.5), unit: 'ms' },
      { figure: `live-wire: path, worst of ${tookMs.path.length}`, value: Math.max(...tookMs.path), unit: 'ms', atMost: 16 },
    ];
  } finally {
    await raster.close();
  }
}

type Took = Record<'crf' | 'slic' | 'map' | 'path', number[]>;

/** Runs in the page. */
async function measure({ crf, slic, repeats }: { crf: RasterInput<'crf'>; slic: RasterInput<'slic'>; repeats: number }): Promise<Took> {
  const pool = window.raster.startRasterPool(1);
  const took: Took = { crf: [], slic: [], map: [], path: [] };
  const timed = async <T>(kind: keyof Took, work: () => T | Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const result = await work();
    took[kind].push(performance.now() - startMs);
    return result;
  };
  const { image } = slic;
  for (let repeat = 0; repeat < repeats; repeat++) {
    await timed('crf', () => pool.run('crf', crf));
    await timed('slic', () => pool.run('slic', slic));
    const map = await timed('map', () => pool.run('liveWire', { image, seed: { x: 40 * repeat, y: 20 * repeat } }));
    for (let x = 0; x < image.width; x += 25) await timed('path', () => window.raster.liveWirePath(map, { x, y: image.height - 1 - repeat }));
  }
  await pool.close();
  return took;
}
