import * as z from 'zod';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import { ReviewState } from '#shared/contract/edits.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { FileFacts, ImportedImage } from '#shared/domain/imported.ts';
import type { ProjectDatabase } from '../connection.ts';
import type { ImageTable } from '../schema.ts';
import { conditions, type Condition, type Filter } from './image-conditions.ts';

/** SQLite takes only so many parameters. */
const IDS_A_QUERY = 500;

const ClassList = z.array(z.int());

/** One photo as stored; its tags lie in a table of their own. */
export interface StoredImage extends Omit<ImportedImage, 'tags'> {
  readonly tagged: boolean;
}

/** Photos by reference. */
export class ImageRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  count(): number {
    return this.#db.first(this.#db.query.selectFrom('images').select((eb) => eb.fn.countAll<number>().as('count')))?.count ?? 0;
  }

  insertAll(images: readonly ImportedImage[]): void {
    this.#db.write(() => {
      for (const image of images) {
        this.#db.run(
          this.#db.query.insertInto('images').values({
            id: image.id,
            name: image.name,
            photo_path: image.photoPath,
            photo_bytes: image.photo.bytes,
            photo_mtime_ms: image.photo.mtimeMs,
            photo_sha256: image.photo.sha256,
            width: image.width,
            height: image.height,
            split: image.split,
            tagged: image.tags === null ? 0 : 1,
            mask_path: image.mask?.path ?? null,
            mask_bytes: image.mask?.file.bytes ?? null,
            mask_mtime_ms: image.mask?.file.mtimeMs ?? null,
            mask_sha256: image.mask?.file.sha256 ?? null,
            mask_classes: image.mask === null ? null : JSON.stringify(image.mask.classes),
            problem: image.problem,
          }),
        );
      }
    });
  }

  /** NOT_FOUND when there is no such image. */
  get(imageId: string): StoredImage {
    const row = this.#db.first(this.#db.query.selectFrom('images').selectAll().where('id', '=', imageId));
    if (row === undefined) throw imageNotFound(imageId);
    return toStored(row);
  }

  /** Every image, ordered by name. */
  all(): StoredImage[] {
    return this.#db.all(this.#db.query.selectFrom('images').selectAll().orderBy('name')).map(toStored);
  }

  splits(): { name: string; images: number }[] {
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('images')
        .select(['split', (eb) => eb.fn.countAll<number>().as('images')])
        .where('split', 'is not', null)
        .groupBy('split')
        .orderBy('split'),
    );
    return rows.map((row) => ({ name: row.split ?? '', images: row.images }));
  }

  withTruth(): number {
    return this.#db.first(this.#db.query.selectFrom('images').select((eb) => eb.fn.count<number>('mask_path').as('count')))?.count ?? 0;
  }

  summary(imageId: string): ImageSummary {
    const [summary] = this.#summaries((eb) => eb('images.id', '=', imageId), 0, 1);
    if (summary === undefined) throw imageNotFound(imageId);
    return summary;
  }

  /** A page by filter, ordered by name. */
  list(filter: Filter, offset: number, limit: number): { total: number; images: ImageSummary[] } {
    const where = conditions(filter);
    const total = this.#db.first(
      this.#db.query
        .selectFrom('images')
        .leftJoin('image_work', 'image_work.image_id', 'images.id')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where(where),
    );
    return { total: total?.count ?? 0, images: this.#summaries(where, offset, limit) };
  }

  /** Ids by filter, ordered by name. */
  ids(filter: Filter): string[] {
    const rows = this.#db.query
      .selectFrom('images')
      .leftJoin('image_work', 'image_work.image_id', 'images.id')
      .select('images.id')
      .where(conditions(filter))
      .orderBy('name');
    return this.#db.all(rows).map((row) => row.id);
  }

  /** Summaries of images that exist, in the order asked. */
  summaries(imageIds: readonly string[]): ImageSummary[] {
    const found = new Map<string, ImageSummary>();
    for (let at = 0; at < imageIds.length; at += IDS_A_QUERY) {
      const some = imageIds.slice(at, at + IDS_A_QUERY);
      for (const image of this.#summaries((eb) => eb('images.id', 'in', some), 0, some.length)) found.set(image.id, image);
    }
    return imageIds.flatMap((id) => found.get(id) ?? []);
  }

  /** Remembers size, time and content of a photo that was looked at again. */
  updatePhoto(imageId: string, facts: FileFacts): void {
    this.#update(imageId, { photo_bytes: facts.bytes, photo_mtime_ms: facts.mtimeMs, photo_sha256: facts.sha256 });
  }

  /** Remembers size, time, content and classes of a mask that was looked at again. */
  updateMask(imageId: string, facts: FileFacts, classes: readonly number[]): void {
    this.#update(imageId, { mask_bytes: facts.bytes, mask_mtime_ms: facts.mtimeMs, mask_sha256: facts.sha256, mask_classes: JSON.stringify(classes) });
  }

  #update(imageId: string, columns: Partial<ImageTable>): void {
    this.#db.write(() => this.#db.run(this.#db.query.updateTable('images').set(columns).where('id', '=', imageId)));
  }

  #summaries(where: Condition, offset: number, limit: number): ImageSummary[] {
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('images')
        .leftJoin('image_work', 'image_work.image_id', 'images.id')
        .select(['images.id', 'name', 'width', 'height', 'split', 'mask_path', 'problem', 'review'])
        .select((eb) =>
          eb
            .exists(eb.selectFrom('gestures').select('sequence').whereRef('gestures.image_id', '=', 'images.id').where('state', '=', 'applied'))
            .as('edited'),
        )
        .select((eb) =>
          eb
            .selectFrom('image_tags')
            .select((tag) => tag.fn<string>('json_group_array', ['class_index']).as('list'))
            .whereRef('image_tags.image_id', '=', 'images.id')
            .as('tags'),
        )
        .where(where)
        .orderBy('name')
        .limit(limit)
        .offset(offset),
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      width: row.width,
      height: row.height,
      split: row.split,
      tags: ClassList.parse(JSON.parse(row.tags ?? '[]')).sort((a, b) => a - b),
      hasTruth: row.mask_path !== null,
      review: ReviewState.parse(row.review ?? 'unreviewed'),
      edited: Boolean(row.edited),
      problem: row.problem,
    }));
  }
}

function toStored(row: ImageTable): StoredImage {
  const mask =
    row.mask_path === null || row.mask_sha256 === null
      ? null
      : {
          path: row.mask_path,
          file: { bytes: row.mask_bytes ?? 0, mtimeMs: row.mask_mtime_ms ?? 0, sha256: row.mask_sha256 },
          classes: ClassList.parse(JSON.parse(row.mask_classes ?? '[]')),
        };
  return {
    id: row.id,
    name: row.name,
    photoPath: row.photo_path,
    photo: { bytes: row.photo_bytes, mtimeMs: row.photo_mtime_ms, sha256: row.photo_sha256 },
    width: row.width,
    height: row.height,
    split: row.split,
    tagged: row.tagged === 1,
    mask,
    problem: row.problem,
  };
}

function imageNotFound(imageId: string): PenumbraError {
  return new PenumbraError('NOT_FOUND', `There is no image ${imageId} in this project.`, { remedy: 'List the images again.', details: { imageId } });
}
