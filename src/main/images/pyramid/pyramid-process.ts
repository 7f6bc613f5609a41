import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { PenumbraError, type ErrorValue } from '#shared/errors.ts';
import type { PyramidJob } from './build.ts';

const WORKER = fileURLToPath(new URL('./pyramid-worker.ts', import.meta.url));
/** 500 Mpx, the largest photo taken in, need minutes on a slow disk. */
const TIMEOUT_MS = 15 * 60_000;
const LOW_PRIORITY = 10;

/** A photo being cut in a process of its own, which a photo that no decoder survives takes down alone. */
export class PyramidProcess {
  /** Resolves when the tiles are there and the process is gone; rejects with PenumbraError. */
  readonly done: Promise<void>;
  readonly #child: ChildProcess;

  constructor(job: PyramidJob, timeoutMs = TIMEOUT_MS) {
    this.#child = fork(WORKER, [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // A photo that must be turned is first written out whole: beside the tiles, where it goes away with them.
      env: { ...process.env, TMPDIR: job.target, TEMP: job.target, VIPS_DISC_THRESHOLD: '64m' },
    });
    this.done = this.#result(job, timeoutMs);
    this.#child.send(job);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #result(job: PyramidJob, timeoutMs: number): Promise<void> {
    const child = this.#child;
    if (child.pid !== undefined) trySetPriority(child.pid);
    let result: { ok: true } | { ok: false; error: ErrorValue } | undefined;
    let fact = '';
    const timer = setTimeout(() => {
      fact = `cutting it into tiles took longer than ${timeoutMs / 1000} s`;
      this.kill();
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      child.once('message', (message) => {
        result = message as typeof result;
        this.kill();
      });
      child.once('error', (error) => {
        fact = error.message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (fact === '') fact = `cutting it into tiles ended its process (${signal ?? `code ${code ?? '?'}`})`;
        resolve();
      });
    });
    clearTimeout(timer);
    if (result?.ok === true) return;
    if (result !== undefined) throw PenumbraError.fromValue(result.error);
    throw new PenumbraError('IMAGE_UNREADABLE', `${job.photoPath} was given up: ${fact}.`, {
      remedy: 'Open the photo in an image viewer; save it anew, or scale it down.',
      details: { file: job.photoPath, fact },
    });
  }
}

function trySetPriority(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // Then it competes on equal terms.
  }
}
