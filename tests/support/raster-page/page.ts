/// <reference lib="dom" />
import { startRasterPool } from '#renderer/api/raster-pool.ts';
import { liveWirePath } from '#shared/raster/select/live-wire.ts';
import { RASTER_JOB_NAMES, RASTER_JOB_SAMPLES } from '../raster-job-samples.ts';

/** A result as text, arrays included to the last digit. */
function written(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value));
}

/** Every job once in workers: which ran, and which gave anything else than the primitive gives in the page itself. */
async function tryJobs(): Promise<{ ran: string[]; different: string[] }> {
  const pool = startRasterPool(2);
  const results = await Promise.all(RASTER_JOB_NAMES.map((name) => pool.run(name, RASTER_JOB_SAMPLES[name].input)));
  await pool.close();
  return { ran: RASTER_JOB_NAMES, different: RASTER_JOB_NAMES.filter((name, index) => written(results[index]) !== written(RASTER_JOB_SAMPLES[name].direct())) };
}

/** What tests and benches of the primitives reach for in the page. */
const raster = { startRasterPool, liveWirePath, tryJobs };

declare global {
  interface Window {
    raster: typeof raster;
  }
}

window.raster = raster;
