import { stat } from 'node:fs/promises';
import type { FileFacts } from '#shared/domain/imported.ts';
import { PenumbraError } from '#shared/errors.ts';
import { currentFacts } from '../../project/file-facts.ts';
import type { Project } from '../../project/project.ts';

/** A photo as it lies on disk now, with a name for its content that what is made from it is kept under. */
export interface PhotoContent {
  readonly path: string;
  /** Hex digits; another content has another. */
  readonly content: string;
}

/** Finds photos and knows their content; a photo that changed since import is hashed once for each change. */
export class PhotoContents {
  readonly #project: Project;
  readonly #changed = new Map<string, { readonly bytes: number; readonly mtimeMs: number; readonly sha256: string }>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** NOT_FOUND, DATASET_ROOT_MISSING, FILE_MISSING, PATH_OUTSIDE_ROOT. */
  async of(imageId: string): Promise<PhotoContent> {
    const path = await this.#project.photoPath(imageId);
    const imported = this.#project.images.get(imageId).photo;
    const seen = this.#changed.get(imageId) ?? imported;
    const { size, mtimeMs } = await stat(path);
    const known = size === imported.bytes && mtimeMs === imported.mtimeMs ? imported : seen;
    const facts = await currentFacts(path, known);
    if (facts !== known) this.#changed.set(imageId, facts);
    return { path, content: nameOf(facts) };
  }

  /**
   * Contents of all photos: as they are now, or as imported for one that cannot be read. Null when the photos' folder is not there, or when
   * `isOver` says before the end that it takes too long.
   */
  async all(isOver: () => boolean): Promise<ReadonlySet<string> | null> {
    const contents = new Set<string>();
    for (const { id, photo } of this.#project.images.all()) {
      if (isOver()) return null;
      try {
        contents.add((await this.of(id)).content);
      } catch (thrown) {
        if (thrown instanceof PenumbraError && thrown.code === 'DATASET_ROOT_MISSING') return null;
        contents.add(nameOf(photo));
      }
    }
    return contents;
  }
}

function nameOf({ sha256 }: FileFacts): string {
  return sha256.slice(0, 32);
}
