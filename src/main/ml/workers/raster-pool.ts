import { RasterPool } from '#shared/raster/raster-pool.ts';
import { defaultThreads, workerThreads } from './task-pool.ts';

/** The raster primitives in worker threads, one image a thread at a time. Closing it is up to the caller: threads keep a process alive. */
export function startRasterPool(threads: number = defaultThreads()): RasterPool {
  return new RasterPool(workerThreads(new URL('./raster-worker.ts', import.meta.url)), threads);
}
