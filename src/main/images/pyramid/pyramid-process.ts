import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { PhotoProcess } from '../apart/photo-process.ts';
import type { PyramidJob } from './build.ts';

const WORKER = fileURLToPath(new URL('./pyramid-worker.ts', import.meta.url));
/** 500 Mpx, the largest photo taken in, need minutes on a slow disk. */
const TIMEOUT_MS = 15 * 60_000;
const LOW_PRIORITY = 10;

/** Begins to cut a photo, in a process of its own. */
export function cutApart(job: PyramidJob): PhotoProcess<void> {
  // A photo that must be turned is first written out whole: beside the tiles, where it goes away with them.
  const cutting = new PhotoProcess<void>(job, { worker: WORKER, photoPath: job.photoPath, doing: 'cutting it into tiles', timeoutMs: TIMEOUT_MS, tempDir: job.target });
  if (cutting.pid !== undefined) trySetPriority(cutting.pid);
  return cutting;
}

function trySetPriority(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // Then it competes on equal terms.
  }
}
