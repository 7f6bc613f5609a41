import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PYRAMID_TILE_PX, WHOLE_PHOTO_PIXELS, type PyramidState } from '#shared/contract/dataset.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { levelCount, levelSize } from '../../images/pyramid/levels.ts';
import type { Project } from '../../project/project.ts';
import { writeError } from '../../runs/artifacts/atomic.ts';
import type { Publish } from '../event-hub.ts';
import type { BlobContent } from '../handlers.ts';
import type { PhotoContent, PhotoContents } from './photo-content.ts';
import { Slots } from './slots.ts';

const PREFIX = 'tiles-';
const UNFINISHED = '.building';
const PROGRESS_MS = 500;

/** Tiles of large photos, in `thumbs/` under the photo's content: made once, in a process of their own, one photo at a time. */
export class Pyramids {
  readonly #project: Project;
  readonly #contents: PhotoContents;
  readonly #publish: Publish;
  readonly #slots = new Slots(1);
  /** By content. */
  readonly #building = new Map<string, Promise<void>>();
  readonly #kills = new Set<() => void>();
  #closed = false;
  /** What an earlier core left half-made. */
  #swept: Promise<void> | null = null;

  constructor(project: Project, contents: PhotoContents, publish: Publish) {
    this.#project = project;
    this.#contents = contents;
    this.#publish = publish;
  }

  /** Begins to cut the photo when that is needed. NOT_FOUND, FILE_MISSING, DATASET_ROOT_MISSING, PATH_OUTSIDE_ROOT. */
  async state(imageId: string): Promise<PyramidState> {
    const { width, height } = this.#project.images.get(imageId);
    const photo = await this.#contents.of(imageId);
    if (width * height <= WHOLE_PHOTO_PIXELS) return this.#describe(imageId, 'whole');
    if (existsSync(this.#folder(photo))) return this.#describe(imageId, 'ready');
    if (!this.#building.has(photo.content)) this.#building.set(photo.content, this.#slots.run(() => this.#build(imageId, photo)));
    return this.#describe(imageId, 'building');
  }

  /** `IMAGEID.LEVEL.X.Y`; NOT_FOUND while the pyramid is not ready, and for a tile outside it. */
  async tile(id: string): Promise<BlobContent> {
    const [imageId = '', level = '', x = '', y = ''] = id.split('.');
    const photo = await this.#contents.of(imageId);
    const size = levelSize(this.#project.images.get(imageId), Number(level));
    const file = path.join(this.#folder(photo), String(Number(level)), `${Number(x)}_${Number(y)}.jpeg`);
    const inside = Number(x) * PYRAMID_TILE_PX < size.width && Number(y) * PYRAMID_TILE_PX < size.height;
    if (inside && existsSync(file)) return { kind: 'file', path: file, contentType: 'image/jpeg' };
    throw new PenumbraError('NOT_FOUND', `there is no tile ${x}, ${y} on level ${level} of image ${imageId}`, {
      remedy: 'Ask dataset.pyramid for its levels, and wait until it is ready.',
      details: { imageId, level: Number(level), x: Number(x), y: Number(y) },
    });
  }

  /** Kills what is being cut. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const kill of this.#kills) kill();
    await Promise.all(this.#building.values());
  }

  async #build(imageId: string, photo: PhotoContent): Promise<void> {
    const target = `${this.#folder(photo)}${UNFINISHED}`;
    let error: ErrorValue | null = null;
    try {
      await this.#cut(imageId, photo, target);
    } catch (thrown) {
      error = toErrorValue(await writeError(thrown, target, null));
      await rm(target, { recursive: true, force: true }).catch(() => undefined); // swept by the next core
    }
    this.#building.delete(photo.content);
    if (!this.#closed) this.#publish('dataset.pyramidProgress', { pyramid: { ...this.#describe(imageId, error === null ? 'ready' : 'failed'), error }, share: error === null ? 1 : 0 });
  }

  async #cut(imageId: string, photo: PhotoContent, target: string): Promise<void> {
    this.#swept ??= this.#sweep();
    await this.#swept;
    if (this.#closed) throw new Error('the core is shutting down');
    await mkdir(target, { recursive: true });
    const [{ cutApart }, { tilesCut }] = await Promise.all([import('../../images/pyramid/pyramid-process.ts'), import('../../images/pyramid/build.ts')]);
    const { width, height } = this.#project.images.get(imageId);
    const tiles = Math.ceil(width / PYRAMID_TILE_PX) * Math.ceil(height / PYRAMID_TILE_PX);
    const cutting = cutApart({ photoPath: photo.path, size: { width, height }, tilePx: PYRAMID_TILE_PX, target });
    const kill = (): void => cutting.kill();
    this.#kills.add(kill);
    const timer = setInterval(() => {
      void tilesCut(target).then((cut) => {
        if (this.#building.has(photo.content)) this.#publish('dataset.pyramidProgress', { pyramid: this.#describe(imageId, 'building'), share: Math.min(0.99, cut / tiles) });
      });
    }, PROGRESS_MS);
    try {
      await cutting.done;
      await rename(target, this.#folder(photo));
    } finally {
      clearInterval(timer);
      this.#kills.delete(kill);
    }
  }

  async #sweep(): Promise<void> {
    const thumbs = path.join(this.#project.dir, 'thumbs');
    for (const name of await readdir(thumbs).catch(() => [])) {
      if (name.startsWith(PREFIX) && name.endsWith(UNFINISHED)) await rm(path.join(thumbs, name), { recursive: true, force: true });
    }
  }

  #folder(photo: PhotoContent): string {
    return path.join(this.#project.dir, 'thumbs', `${PREFIX}${photo.content}`);
  }

  #describe(imageId: string, state: PyramidState['state']): PyramidState {
    const { width, height } = this.#project.images.get(imageId);
    return { imageId, width, height, tilePx: PYRAMID_TILE_PX, levels: state === 'whole' ? 0 : levelCount({ width, height }, PYRAMID_TILE_PX), state, error: null };
  }
}
