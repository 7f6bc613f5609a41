import { RasterPool } from '#shared/raster/raster-pool.ts';
import type { ThreadEvents } from '#shared/threads/thread-pool.ts';

/** The raster primitives beside the page, so that it goes on answering meanwhile. `threads`: by default one core is left to the page. */
export function startRasterPool(threads: number = Math.max(1, navigator.hardwareConcurrency - 1)): RasterPool {
  return new RasterPool(({ message, ended }: ThreadEvents) => {
    const worker = new Worker(new URL('./raster-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => message(data));
    worker.addEventListener('error', (event) => ended(new Error(event.message === '' ? 'a worker of this window did not start' : event.message)));
    const end = (): Promise<void> => {
      worker.terminate();
      return Promise.resolve();
    };
    return { post: (value, moved) => worker.postMessage(value, [...moved]), end };
  }, threads);
}
