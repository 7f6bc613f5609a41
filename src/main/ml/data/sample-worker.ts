import { parentPort, workerData } from 'node:worker_threads';
import { toErrorValue } from '#shared/errors.ts';
import { PhotoCache } from './photo-cache.ts';
import { makeSample } from './sample-maker.ts';
import type { SampleReply, SampleRequest } from './sample-protocol.ts';

/** Entry of a worker thread: decodes and augments beside the training step. */
const { cacheBytes } = workerData as { cacheBytes: number };
const cache = new PhotoCache(cacheBytes);
if (parentPort === null) throw new Error('sample-worker.ts runs in a worker thread only');
const port = parentPort;

// One job at a time: decoding runs in the thread pool anyway, and the order of the queue is the order of need.
let last = Promise.resolve();
port.on('message', (request: SampleRequest) => {
  last = last.then(() => answer(request));
});

async function answer({ id, job }: SampleRequest): Promise<void> {
  let reply: SampleReply;
  const moved: ArrayBuffer[] = [];
  try {
    const result = await makeSample(job, cache);
    const parts = 'pixels' in result ? [result.pixels, result.labels] : result.map((level) => level.pixels);
    for (const part of parts) if (part !== null) moved.push(part.buffer as ArrayBuffer);
    reply = { id, ok: true, result };
  } catch (error) {
    reply = { id, ok: false, error: toErrorValue(error) };
  }
  port.postMessage(reply, moved);
}
