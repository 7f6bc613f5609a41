import sharp from 'sharp';
import { toErrorValue } from '#shared/errors.ts';
import { buildPyramid, type PyramidJob } from './build.ts';

/** A child process that cuts one photo into tiles and ends. */

sharp.cache(false);
sharp.concurrency(1);

process.on('message', (job: PyramidJob) => {
  const done = buildPyramid(job).then(
    () => ({ ok: true }) as const,
    (thrown: unknown) => ({ ok: false, error: toErrorValue(thrown) }) as const,
  );
  void done.then((result) => process.send?.(result));
});

// Not exit(): that would wait for a decoder that may be stuck.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
