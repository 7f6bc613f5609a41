import { PenumbraError } from '#shared/errors.ts';
import type { ProjectDatabase } from '../connection.ts';

/** Image-level tags: class indices by image. */
export class TagRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** Class indices by image id, ascending; images without tags are absent. */
  all(): Map<string, number[]> {
    const tags = new Map<string, number[]>();
    for (const row of this.#db.all(this.#db.query.selectFrom('image_tags').selectAll().orderBy('image_id').orderBy('class_index'))) {
      const list = tags.get(row.image_id);
      if (list === undefined) tags.set(row.image_id, [row.class_index]);
      else list.push(row.class_index);
    }
    return tags;
  }

  /** Replaces the tags of one image. NOT_FOUND when the image or a class does not exist. */
  set(imageId: string, classIndices: readonly number[], classes: number): void {
    const unknown = classIndices.find((index) => index > classes);
    if (unknown !== undefined) {
      throw new PenumbraError('NOT_FOUND', `There is no class ${unknown} in this project; expected 1 to ${classes}.`, {
        remedy: 'Choose a class of the project.',
        details: { classIndex: unknown, classes },
      });
    }
    this.#db.write(() => {
      const found = this.#db.run(this.#db.query.updateTable('images').set({ tagged: 1 }).where('id', '=', imageId));
      if (found === 0) throw new PenumbraError('NOT_FOUND', `There is no image ${imageId} in this project.`, { remedy: 'List the images again.', details: { imageId } });
      this.#db.run(this.#db.query.deleteFrom('image_tags').where('image_id', '=', imageId));
      this.insert(imageId, classIndices);
    });
  }

  insert(imageId: string, classIndices: readonly number[]): void {
    this.#db.write(() => {
      for (const index of new Set(classIndices)) {
        this.#db.run(this.#db.query.insertInto('image_tags').values({ image_id: imageId, class_index: index }));
      }
    });
  }
}
