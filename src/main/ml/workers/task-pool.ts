import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { answerRequest, type Request, type TaskHandler } from '#shared/threads/messages.ts';
import { ThreadPool, type StartThread } from '#shared/threads/thread-pool.ts';

/** More threads than this gain little: the stage that feeds them is one thread. */
const MAX_THREADS = 16;

export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), MAX_THREADS));
}

/** A pool of worker threads. The file at `entry` calls `serveTasks`. Threads die with the process. */
export class TaskPool<Task, Result> extends ThreadPool<Task, Result> {
  constructor(entry: URL, threads: number = defaultThreads()) {
    super(workerThreads(entry), threads);
  }
}

/** Starts worker threads of Node on the file at `entry`. */
export function workerThreads(entry: URL): StartThread {
  return ({ message, ended }) => {
    const worker = new Worker(entry);
    worker.on('message', message);
    worker.on('error', (error) => ended(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => ended(new Error(`a worker thread ended with code ${code}`)));
    return { post: (value, moved) => worker.postMessage(value, moved), end: () => worker.terminate() };
  };
}

/** Called by a pool's entry file. See `answerRequest`. */
export function serveTasks<Result>(handle: TaskHandler<Result>, moved: (result: Result) => ArrayBuffer[]): void {
  if (parentPort === null) throw new Error('serveTasks: this file runs in a worker thread only');
  const port = parentPort;
  port.on('message', (request: Request) => void answerRequest(request, handle, moved, (answer, buffers) => port.postMessage(answer, buffers)));
}
