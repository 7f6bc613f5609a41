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
    checkClasses(classIndices, classes);
    this.#db.write(() => {
      this.#markTagged(imageId);
      this.#db.run(this.#db.query.deleteFrom('image_tags').where('image_id', '=', imageId));
      this.insert(imageId, classIndices);
    });
  }

  /** Adds and removes classes on many images, all or none; what is in both lists is removed. NOT_FOUND when an image or a class does not exist. */
  change(imageIds: readonly string[], change: { readonly add: readonly number[]; readonly remove: readonly number[] }, classes: number): void {
    checkClasses([...change.add, ...change.remove], classes);
    const removed = [...new Set(change.remove)];
    const added = [...new Set(change.add)].filter((index) => !removed.includes(index));
    this.#db.write(() => {
      for (const imageId of imageIds) {
        this.#markTagged(imageId);
        if (removed.length > 0) this.#db.run(this.#db.query.deleteFrom('image_tags').where('image_id', '=', imageId).where('class_index', 'in', removed));
        for (const index of added) {
          this.#db.run(this.#db.query.insertInto('image_tags').values({ image_id: imageId, class_index: index }).onConflict((conflict) => conflict.doNothing()));
        }
      }
    });
  }

  /** An image whose tags somebody set is tagged, be it with nothing. */
  #markTagged(imageId: string): void {
    const found = this.#db.run(this.#db.query.updateTable('images').set({ tagged: 1 }).where('id', '=', imageId));
    if (found === 0) throw new PenumbraError('NOT_FOUND', `There is no image ${imageId} in this project.`, { remedy: 'List the images again.', details: { imageId } });
  }

  insert(imageId: string, classIndices: readonly number[]): void {
    this.#db.write(() => {
      for (const index of new Set(classIndices)) {
        this.#db.run(this.#db.query.insertInto('image_tags').values({ image_id: imageId, class_index: index }));
      }
    });
  }
}

function checkClasses(classIndices: readonly number[], classes: number): void {
  const unknown = classIndices.find((index) => index > classes);
  if (unknown === undefined) return;
  throw new PenumbraError('NOT_FOUND', `There is no class ${unknown} in this project; expected 1 to ${classes}.`, {
    remedy: 'Choose a class of the project.',
    details: { classIndex: unknown, classes },
  });
}
