import { dataset, edits } from '#shared/contract/index.ts';
import type { ImageLayer, ImageSummary } from '#shared/contract/dataset.ts';
import type { EditState } from '#shared/contract/edits.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '#renderer/api/client.ts';
import { loadLabelMap, loadPhoto } from '#renderer/api/photos.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import { closePhoto, type PhotoSource } from '#renderer/canvas/view/photo-source.ts';

/** All that Fix shows of one image. */
export interface ImageContent {
  readonly image: ImageSummary;
  /** The photo file on disk, against what was imported. */
  readonly photoState: 'ok' | 'missing' | 'changed';
  /** Label maps to correct, newest first. */
  readonly bases: readonly ImageLayer[];
  readonly state: EditState;
  readonly photo: PhotoSource;
  /** Why the photo is not shown. */
  readonly photoError: ErrorValue | null;
  /** The label maps being corrected, and their map with corrections; null when no run has made any. */
  readonly corrected: { readonly base: string; readonly map: CountedMap } | null;
}

export interface LoadOptions {
  /** Stage whose label maps are preferred where no correction ties the image to others. */
  readonly stage: string | null;
  readonly signal: AbortSignal;
  readonly isBuildingTiles?: () => void;
}

/** Loads an image for correction. Corrections stay on the label maps they lie on. Errors of the calls; a photo that fails is no error. */
export async function loadImageContent(imageId: string, { stage, signal, isBuildingTiles }: LoadOptions): Promise<ImageContent> {
  const photoLoading = loadPhoto(imageId, signal, isBuildingTiles).then(
    (photo) => ({ photo, photoError: null }),
    (thrown: unknown) => ({ photo: null, photoError: toErrorValue(thrown) }),
  );
  const [{ image, layers, photo: photoState }, state] = await Promise.all([
    call(dataset.getImage, { imageId }, { signal }),
    call(edits.getEditState, { imageId }, { signal }),
  ]);
  const bases = layers.filter((layer) => layer.kind === 'label-maps');
  const base = state.gestures > 0 && state.base !== null ? state.base : ((bases.find((layer) => layer.stage === stage) ?? bases[0])?.artifact ?? null);
  const corrected = base === null ? null : { base, map: await loadLabelMap('corrected', `${imageId}.${base}`, signal) };
  const { photo, photoError } = await photoLoading;
  signal.throwIfAborted();
  return { image, photoState, bases, state, photo: photo ?? { kind: 'blank', width: image.width, height: image.height }, photoError, corrected };
}

/** Content of images that will be wanted next. Each is given out once: the editor paints into its map. */
export class Prefetch {
  readonly #load: typeof loadImageContent;
  #next: { readonly imageId: string; readonly stage: string | null; readonly content: Promise<ImageContent>; readonly abort: AbortController } | null = null;
  /** What was asked for last and not taken: the same as `#next`, unless its loading failed. */
  #wanted: { readonly imageId: string; readonly stage: string | null } | null = null;

  constructor(load = loadImageContent) {
    this.#load = load;
  }

  want(imageId: string, stage: string | null): void {
    if (this.#next?.imageId === imageId && this.#next.stage === stage) return;
    this.drop();
    this.#wanted = { imageId, stage };
    const abort = new AbortController();
    const next = { imageId, stage, content: this.#load(imageId, { stage, signal: abort.signal }), abort };
    // What failed before anybody asked for it is loaded anew when it is asked for, or renewed: the core may be back.
    next.content.catch(() => {
      if (this.#next === next) this.#next = null;
    });
    this.#next = next;
  }

  take(imageId: string, stage: string | null): Promise<ImageContent> | null {
    const next = this.#next;
    if (this.#wanted?.imageId !== imageId) return null;
    if (next?.stage !== stage) {
      this.drop();
      return null;
    }
    this.#next = null;
    this.#wanted = null;
    return next.content;
  }

  /** Loads anew what is wanted: of one image, because it changed, or whatever it is, because nobody knows what became of it. */
  renew(imageId?: string): void {
    const wanted = this.#wanted;
    if (wanted === null || (imageId !== undefined && wanted.imageId !== imageId)) return;
    this.drop();
    this.want(wanted.imageId, wanted.stage);
  }

  /** Forgets what was loaded. */
  drop(): void {
    this.#wanted = null;
    this.#next?.abort.abort();
    this.#next?.content.then(({ photo }) => closePhoto(photo)).catch(() => undefined);
    this.#next = null;
  }
}
