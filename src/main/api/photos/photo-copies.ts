import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { WHOLE_PHOTO_PIXELS } from '#shared/contract/dataset.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { Project } from '../../project/project.ts';
import { writeAtomically } from '../../runs/artifacts/atomic.ts';
import type { BlobContent } from '../handlers.ts';
import type { PhotoContents } from './photo-content.ts';
import { Slots } from './slots.ts';
import { sweepStaleCopies } from './stale-copies.ts';

const TYPES = { webp: 'image/webp', jpeg: 'image/jpeg', png: 'image/png' } as const;
/** Decoding uses threads that file access needs as well. */
const AT_ONCE = 2;
/** What the grid shows first. */
const BACKGROUND_PX = 256;
/** Progress is told at most this often. */
const PROGRESS_MS = 250;
/** Stale copies are looked for no longer than this. */
const SWEEP_MS = 60_000;

/**
 * Smaller and re-encoded copies of photos, in `thumbs/` under the photo's content: a photo that changed gets new ones. The folder
 * is a cache: what is lost is made again, and what cannot be kept (disk full, read-only project) is answered from memory.
 */
export class PhotoCopies {
  readonly #project: Project;
  readonly #contents: PhotoContents;
  readonly #slots = new Slots(AT_ONCE);
  readonly #making = new Map<string, Promise<BlobContent>>();

  #filling: Promise<void> = Promise.resolve();
  readonly #over = new AbortController();
  #sweepTimer: NodeJS.Timeout | undefined;

  constructor(project: Project, contents: PhotoContents) {
    this.#project = project;
    this.#contents = contents;
  }

  async thumbnail(imageId: string, longSidePx: number, priority: 'wanted' | 'background' = 'wanted'): Promise<BlobContent> {
    const { path: photo, content } = await this.#contents.of(imageId);
    return this.#copy(`${content}-${longSidePx}`, 'webp', priority, async () => {
      const { thumbnailInCore } = await import('../../images/photo-in-core.ts');
      return thumbnailInCore(photo, longSidePx, this.#over.signal);
    });
  }

  /** The photo itself where browsers show it, else a copy. IMAGE_TOO_LARGE beyond what is shown whole. */
  async display(imageId: string): Promise<BlobContent> {
    const { path: photo, content } = await this.#contents.of(imageId);
    const [{ displayInCore, readHeaderInCore }, { displayForm }] = await Promise.all([import('../../images/photo-in-core.ts'), import('../../images/browser-photo.ts')]);
    const header = await readHeaderInCore(photo);
    if (header.width * header.height > WHOLE_PHOTO_PIXELS) {
      throw new PenumbraError('IMAGE_TOO_LARGE', `${photo} is ${header.width}×${header.height} px; up to ${WHOLE_PHOTO_PIXELS / 1e6} Mpx are sent whole.`, {
        remedy: 'Ask dataset.pyramid for its tiles.',
        details: { imageId, width: header.width, height: header.height },
      });
    }
    const form = displayForm(header);
    if (form === 'as-it-is') return { kind: 'file', path: photo, contentType: header.format === 'jpeg' ? TYPES.jpeg : header.format === 'png' ? TYPES.png : TYPES.webp };
    return this.#copy(`${content}-display`, form, 'wanted', () => displayInCore(photo, form, WHOLE_PHOTO_PIXELS, this.#over.signal));
  }

  /** Makes the grid's thumbnails of these images one by one, after those of an earlier call; what cannot be made is left for whoever asks. */
  fillInBackground(imageIds: readonly string[], tell: (done: number, total: number) => void): void {
    this.#filling = this.#filling.then(() => this.#fill(imageIds, tell));
  }

  /** Deletes copies that no photo needs any more, after this time and once no thumbnails are being made. */
  scheduleSweep(afterMs: number): void {
    if (this.#project.readOnly) return;
    this.#sweepTimer = setTimeout(() => {
      this.#filling = this.#filling.then(() => this.#sweep());
    }, afterMs);
    this.#sweepTimer.unref();
  }

  /** Ends the work in the background. */
  async close(): Promise<void> {
    this.#over.abort();
    clearTimeout(this.#sweepTimer);
    await this.#filling;
  }

  async #sweep(): Promise<void> {
    const endMs = performance.now() + SWEEP_MS;
    const isOver = (): boolean => this.#over.signal.aborted || performance.now() > endMs;
    await sweepStaleCopies({
      dir: path.join(this.#project.dir, 'thumbs'),
      liveContents: () => this.#contents.all(isOver),
      whenFree: (work) => this.#slots.run(work, 'background'),
      isOver,
      nowMs: Date.now(),
    }).catch(() => 0); // what stays is swept after the next start
  }

  async #fill(imageIds: readonly string[], tell: (done: number, total: number) => void): Promise<void> {
    let toldAtMs = 0;
    for (const [done, imageId] of imageIds.entries()) {
      if (this.#over.signal.aborted) return;
      await this.thumbnail(imageId, BACKGROUND_PX, 'background').catch(() => undefined);
      if (done + 1 < imageIds.length && performance.now() - toldAtMs < PROGRESS_MS) continue;
      toldAtMs = performance.now();
      tell(done + 1, imageIds.length);
    }
  }

  /** One copy is made once, however many ask for it meanwhile. */
  async #copy(name: string, type: keyof typeof TYPES, priority: 'wanted' | 'background', make: () => Promise<Buffer>): Promise<BlobContent> {
    const file = path.join(this.#project.dir, 'thumbs', name.slice(0, 2), `${name}.${type}`);
    const contentType = TYPES[type];
    const kept = await stat(file).catch(() => null);
    if (kept !== null && kept.size > 0) return { kind: 'file', path: file, contentType, etag: name };
    const making =
      this.#making.get(file) ??
      this.#slots
        .run(async (): Promise<BlobContent> => {
          const bytes = await make();
          await this.#keep(file, bytes);
          return { kind: 'bytes', bytes, contentType, etag: name };
        }, priority)
        .finally(() => this.#making.delete(file));
    this.#making.set(file, making);
    return making;
  }

  async #keep(file: string, bytes: Buffer): Promise<void> {
    if (this.#project.readOnly) return;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeAtomically(file, bytes, 'thumb');
    } catch {
      // The copy is shown all the same, and made again when next asked for.
    }
  }
}
