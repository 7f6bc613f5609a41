import { PenumbraError } from '../errors.ts';

/**
 * How the caller of a long computation hears of it and ends it. Everything in raster/ is synchronous: a worker's flag in shared
 * memory, or a clock, can stand behind `isCancelled`.
 */
export interface RasterTask {
  /** Asked at every step of a loop that takes more than a few milliseconds. */
  readonly isCancelled?: () => boolean;
  /** Share of the work that is done, rising from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Reports `share`; throws RUN_CANCELLED when the caller wants no more. Nothing is left behind but memory for the collector. */
export function checkpoint(task: RasterTask | undefined, share: number): void {
  if (task === undefined) return;
  if (task.isCancelled?.() === true) {
    throw new PenumbraError('RUN_CANCELLED', 'The computation was stopped.', { remedy: 'Start it again; nothing of it was kept.' });
  }
  task.onProgress?.(share);
}

/** A task that covers `from`..`to` of `task`. */
export function partOf(task: RasterTask | undefined, from: number, to: number): RasterTask | undefined {
  if (task === undefined) return undefined;
  const { isCancelled, onProgress } = task;
  return {
    ...(isCancelled === undefined ? {} : { isCancelled }),
    ...(onProgress === undefined ? {} : { onProgress: (share: number) => onProgress(from + share * (to - from)) }),
  };
}
