import { fork, type ChildProcess } from 'node:child_process';
import { PenumbraError, type ErrorValue } from '#shared/errors.ts';
import { DISC_THRESHOLD } from '../any-order.ts';

/** What a worker script answers to the one job that it is sent. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorValue };

export interface PhotoProcessOptions {
  /** The script: takes one job, sends one `Answer`. */
  readonly worker: string;
  readonly photoPath: string;
  /** For messages: "cutting it into tiles". */
  readonly doing: string;
  readonly timeoutMs: number;
  /** Where libvips may lay down what it does not hold in memory; left out: the system's folder. */
  readonly tempDir?: string;
}

/** One job on one photo in a process of its own, which a photo that no decoder survives, or that is written anew meanwhile, takes down alone. */
export class PhotoProcess<T> {
  /** Resolves when the job is done and the process is gone; rejects with PenumbraError. */
  readonly done: Promise<T>;
  readonly #child: ChildProcess;

  constructor(job: object, options: PhotoProcessOptions) {
    const { worker, tempDir } = options;
    this.#child = fork(worker, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, VIPS_DISC_THRESHOLD: DISC_THRESHOLD, ...(tempDir === undefined ? {} : { TMPDIR: tempDir, TEMP: tempDir }) },
    });
    this.done = this.#result(options);
    this.#child.send(job);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #result({ photoPath, doing, timeoutMs }: PhotoProcessOptions): Promise<T> {
    const child = this.#child;
    let answer: Answer<T> | undefined;
    let fact = '';
    const timer = setTimeout(() => {
      fact = `${doing} took longer than ${timeoutMs / 1000} s`;
      this.kill();
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      child.once('message', (message) => {
        answer = message as Answer<T>;
        this.kill();
      });
      // A process that could not be started says so, and then that the job could not be sent: both must be heard, or the second ends us.
      child.on('error', (error) => {
        if (fact === '') fact = error.message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (fact === '') fact = `${doing} ended its process (${signal ?? `code ${code ?? '?'}`})`;
        resolve();
      });
    });
    clearTimeout(timer);
    if (answer?.ok === true) return answer.value;
    if (answer !== undefined) throw PenumbraError.fromValue(answer.error);
    throw new PenumbraError('IMAGE_UNREADABLE', `${photoPath} was given up: ${fact}.`, {
      remedy: 'Open the photo in an image viewer; save it anew, or scale it down.',
      details: { file: photoPath, fact },
    });
  }
}
