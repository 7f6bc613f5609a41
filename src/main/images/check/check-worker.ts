import sharp from 'sharp';
import { checkFiles, type FileJob } from './file-check.ts';

/** A child process that decodes one pair of files at a time, so that a hostile file can take down only this process. */

// Each file is seen once; a cache would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

process.on('message', (job: FileJob) => {
  void checkFiles(job).then((result) => process.send?.(result));
});

// The time limit of a file counts from here, not from the start of the process.
process.send?.('ready');

// Not exit(): that would wait for a decoder that may be stuck.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
