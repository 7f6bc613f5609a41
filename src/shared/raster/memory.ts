import { badInput } from './bad-input.ts';

/** Most bytes that a primitive sets aside in one call. What would take more is refused, and neither fills the memory nor ends the process. */
export const MOST_BYTES = 8 * 2 ** 30;

/**
 * Throws BAD_REQUEST unless `bytes`, told from sizes before anything is set aside, are at most `MOST_BYTES`. `work` says what would take them, as in
 * "4000×3000 px with radius 9"; `wayOut` how to ask for less.
 */
export function assertFits(what: string, work: string, bytes: number, wayOut: string): void {
  if (bytes <= MOST_BYTES) return;
  // Rounded up, so that it never reads as the limit itself.
  const needed = Math.ceil((bytes / 2 ** 30) * 10) / 10;
  throw badInput(what, `${work} would take ${needed} GiB of memory; expected at most ${MOST_BYTES / 2 ** 30}`, wayOut);
}

/** `assertFits` for what takes so many bytes a pixel, whatever its settings. */
export function assertFitsPixels(what: string, { width, height }: { readonly width: number; readonly height: number }, bytesEach: number): void {
  assertFits(what, `${width}×${height} px`, width * height * bytesEach, 'Make the image smaller first, as "penumbra tool resize" does.');
}
