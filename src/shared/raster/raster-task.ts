import { PenumbraError } from '../errors.ts';

/**
 * How the caller of a long computation hears of it and ends it. Everything in raster/ is synchronous: a worker's flag in shared
 * memory, or a clock, can stand behind `isCancelled`. Both are called from within a primitive, which may hold memory that the next call takes over:
 * neither may start another one.
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

const PIXELS_A_RUN = 2 ** 15;

/** `place & EVERY_RUN` is 0 once in 32,768 pixels: when to ask from within a loop that is faster as one. */
export const EVERY_RUN = PIXELS_A_RUN - 1;

/** How many rows of that width are about 32,768 pixels. */
export function rowsARun(width: number): number {
  return Math.max(1, Math.floor(PIXELS_A_RUN / Math.max(1, width)));
}

/**
 * 0..`count` in runs [from, to) of about 32,768 pixels, after a checkpoint each, so that the loop over a run has nothing to ask. `pixelsEach`: what one
 * of the `count` is in pixels, so the width where they are rows.
 */
export function* runsOf(count: number, pixelsEach: number, task: RasterTask | undefined): Generator<readonly [number, number], void> {
  const longest = Math.max(1, Math.floor(PIXELS_A_RUN / Math.max(1, pixelsEach)));
  for (let from = 0; from < count; from += longest) {
    checkpoint(task, from / count);
    yield [from, Math.min(count, from + longest)];
  }
}

/** For loops whose steps differ in length: `ask(at)` is a checkpoint once 32,768 of the `count` pixels lie behind the last one, and at the first. */
export function askingEveryRun(count: number, task: RasterTask | undefined): (at: number) => void {
  let next = 0;
  return (at) => {
    if (at < next) return;
    next = at + PIXELS_A_RUN;
    checkpoint(task, at / Math.max(1, count));
  };
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
