import { ThreadPool, type RunOptions, type StartThread } from '../threads/thread-pool.ts';
import type { RasterInput, RasterJob, RasterJobName, RasterOutput } from './raster-jobs.ts';

/** The raster primitives on several images at once, in threads of a browser or of Node that answer by `runRasterJob`. */
export class RasterPool {
  readonly #pool: ThreadPool<RasterJob, unknown>;

  constructor(start: StartThread, threads: number) {
    this.#pool = new ThreadPool(start, threads);
  }

  /** Rejects with what the primitive throws, and RUN_CANCELLED once `options.signal` or the closing of the pool ends it. */
  async run<Name extends RasterJobName>(name: Name, input: RasterInput<Name>, options?: RunOptions): Promise<RasterOutput<Name>> {
    return (await this.#pool.run({ name, input }, options)) as RasterOutput<Name>;
  }

  /** Ends all threads; what is under way is cancelled. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
