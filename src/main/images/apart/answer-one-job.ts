import sharp from 'sharp';
import { toErrorValue } from '#shared/errors.ts';
import type { Answer } from './photo-process.ts';

/** In a process of `PhotoProcess`: does the one job that comes, and answers it. */
export function answerOneJob<T>(work: (job: never) => Promise<T>): void {
  sharp.cache(false);
  sharp.concurrency(1);
  process.on('message', (job) => {
    const done = work(job as never).then(
      (value): Answer<T> => ({ ok: true, value }),
      (thrown: unknown): Answer<T> => ({ ok: false, error: toErrorValue(thrown) }),
    );
    void done.then((answer) => process.send?.(answer));
  });
  // Not exit(): that would wait for a decoder that may be stuck.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
