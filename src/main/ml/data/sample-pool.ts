import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { PenumbraError } from '#shared/errors.ts';
import { hashKey } from '../random/random.ts';
import type { SampleJob, SampleReply, SampleRequest, SampleResults } from './sample-protocol.ts';

/** Decoded photos are held up to this many bytes in all; 300 photos of 500 × 375 px take 170 MB. */
const CACHE_BYTES = 512 * 2 ** 20;

interface Waiting {
  readonly worker: Worker;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Worker threads that decode and augment while the tensor engine computes. Close it when done. */
export class SamplePool {
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #closed = false;

  constructor(workerCount: number = Math.min(2, availableParallelism())) {
    this.#workers = Array.from({ length: workerCount }, () => this.#start(CACHE_BYTES / workerCount));
  }

  /** Rejects with a PenumbraError when the photo or the label map can't be read. */
  async load<K extends SampleJob['kind']>(job: Extract<SampleJob, { kind: K }>): Promise<SampleResults[K]> {
    if (this.#closed) throw new Error('the sample pool is closed');
    // A photo always goes to the same worker, so that it is held once.
    const worker = this.#workers[Math.abs(hashKey([job.photo.path])) % this.#workers.length];
    if (worker === undefined) throw new Error('the sample pool has no workers');
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      worker.postMessage({ id, job } satisfies SampleRequest);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(cacheBytes: number): Worker {
    const worker = new Worker(new URL('./sample-worker.ts', import.meta.url), { workerData: { cacheBytes } });
    worker.on('message', (reply: SampleReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.ok) waiting?.resolve(reply.result as never);
      else waiting?.reject(PenumbraError.fromValue(reply.error));
    });
    const fail = (error: unknown) => {
      for (const [id, waiting] of this.#waiting) {
        if (waiting.worker !== worker) continue;
        this.#waiting.delete(id);
        waiting.reject(error);
      }
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(this.#closed ? 'the sample pool was closed' : `a sample worker ended with code ${code}`)));
    return worker;
  }
}
