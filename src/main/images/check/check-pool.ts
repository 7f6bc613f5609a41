import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PenumbraError } from '#shared/errors.ts';
import type { FileCheck, FileJob } from './file-check.ts';

const WORKER = fileURLToPath(new URL('./check-worker.ts', import.meta.url));
const START_TIMEOUT_MS = 60_000;

/** Checks files one way or another. */
export interface FileChecker {
  /** Throws RUN_CANCELLED alone; what is wrong with the files is part of the result. */
  check(job: FileJob): Promise<FileCheck>;
  close(): void;
}

export interface CheckPoolOptions {
  readonly processes: number;
  /** A file that takes longer is given up and its process killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Child processes that check files; a process that hangs or dies costs its own file alone and is replaced. */
export class CheckPool implements FileChecker {
  readonly #idle: ChildProcess[] = [];
  readonly #busy = new Set<ChildProcess>();
  readonly #waiting: (() => void)[] = [];
  readonly #processes: number;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor(options: CheckPoolOptions) {
    this.#processes = options.processes;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#signal = options.signal;
  }

  /** Waits for a free process. Throws RUN_CANCELLED once the signal is raised. */
  check(job: FileJob): Promise<FileCheck> {
    return this.#check(job, false);
  }

  async #check(job: FileJob, fresh: boolean): Promise<FileCheck> {
    while (this.#busy.size >= this.#processes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#signal?.aborted === true) throw cancelled();
    const idle = fresh ? undefined : this.#idle.pop();
    const child = idle ?? start();
    this.#busy.add(child);
    try {
      if (idle === undefined) await this.#answer(child, job, START_TIMEOUT_MS);
      child.send(job);
      const result = (await this.#answer(child, job, this.#timeoutMs)) as FileCheck;
      this.#idle.push(child);
      return result;
    } catch (thrown) {
      // One that had waited may have been killed from outside, for want of memory, say; only a new one's end tells of the file.
      const diedWaiting = idle !== undefined && (hasEnded(child) || !(thrown instanceof PenumbraError));
      child.kill('SIGKILL');
      if (diedWaiting) {
        this.#busy.delete(child);
        return await this.#check(job, true);
      }
      if (!(thrown instanceof PenumbraError) || thrown.code === 'RUN_CANCELLED') throw thrown;
      return { photo: { ok: false, error: thrown.toValue() }, mask: null };
    } finally {
      this.#busy.delete(child);
      this.#waiting.shift()?.();
    }
  }

  /** Ends all processes. */
  close(): void {
    for (const child of [...this.#idle, ...this.#busy]) child.kill('SIGKILL');
    this.#idle.length = 0;
  }

  /** The child's next message. */
  #answer(child: ChildProcess, job: FileJob, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(givenUp(job, `decoding took longer than ${timeoutMs / 1000} s`))), timeoutMs);
      const onMessage = (message: unknown) => settle(() => resolve(message));
      const onExit = (code: number | null, signal: string | null) => settle(() => reject(givenUp(job, `decoding ended its process (${signal ?? `code ${code ?? '?'}`})`)));
      const onError = (error: Error) => settle(() => reject(error));
      const onAbort = () => settle(() => reject(cancelled()));
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        this.#signal?.removeEventListener('abort', onAbort);
        finish();
      };
      child.on('message', onMessage).on('exit', onExit).on('error', onError);
      this.#signal?.addEventListener('abort', onAbort);
    });
  }
}

function start(): ChildProcess {
  const child = fork(WORKER, [], { execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // Idle children must not keep a finished program alive.
  child.unref();
  child.channel?.unref();
  return child;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function givenUp(job: FileJob, fact: string): PenumbraError {
  return new PenumbraError('IMAGE_UNREADABLE', `${job.photoPath} was given up: ${fact}.`, {
    remedy: 'Open the photo and its mask in an image viewer; save them anew, or remove them.',
    details: { file: job.photoPath, fact },
  });
}

function cancelled(): PenumbraError {
  return new PenumbraError('RUN_CANCELLED', 'The import was cancelled; nothing was stored.', { remedy: 'Start it again when wanted.' });
}
