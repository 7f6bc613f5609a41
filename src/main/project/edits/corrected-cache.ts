import type { LabelMap } from '#shared/mask/label-map.ts';
import type { EditOverlay } from '#shared/mask/replay.ts';

/** The corrections of one image worked out: what a commit needs so as not to fold every gesture again. */
export interface WorkedOut {
  readonly base: string;
  readonly revision: number;
  readonly baseMap: LabelMap;
  readonly overlay: EditOverlay;
  /** Base plus corrections. Changed in place by commits. */
  readonly corrected: LabelMap;
}

/** Keeps the images worked on last, up to a number of pixels in all; each pixel takes five bytes. */
export class CorrectedCache {
  readonly #entries = new Map<string, WorkedOut>();
  readonly #maxPixels: number;

  constructor(maxPixels = 64_000_000) {
    this.#maxPixels = maxPixels;
  }

  get(imageId: string, base: string, revision: number): WorkedOut | null {
    const entry = this.#entries.get(imageId);
    if (entry?.base !== base || entry.revision !== revision) return null;
    this.#entries.delete(imageId);
    this.#entries.set(imageId, entry);
    return entry;
  }

  set(imageId: string, entry: WorkedOut): void {
    this.#entries.delete(imageId);
    this.#entries.set(imageId, entry);
    let pixels = 0;
    for (const { corrected } of this.#entries.values()) pixels += corrected.data.length;
    for (const [oldest, { corrected }] of this.#entries) {
      if (pixels <= this.#maxPixels || oldest === imageId) break;
      this.#entries.delete(oldest);
      pixels -= corrected.data.length;
    }
  }

  drop(imageId: string): void {
    this.#entries.delete(imageId);
  }
}
