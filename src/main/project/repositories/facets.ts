import type { CallOutput } from '#shared/contract/define.ts';
import type { classStats, countFacets } from '#shared/contract/dataset.ts';
import { ReviewState } from '#shared/contract/edits.ts';
import type { ProjectDatabase } from '../connection.ts';
import { conditions, type Filter } from './image-conditions.ts';

type Facets = CallOutput<typeof countFacets>;
type ClassStats = CallOutput<typeof classStats>;

/** Counts of images by what they can be filtered by. */
export class FacetRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** Each facet under the filter without its own part: choosing another value of it leads to the number shown. */
  count(filter: Filter): Facets {
    const without = (field: keyof Filter): Filter => ({ ...filter, [field]: undefined });
    const yesNo = (field: 'hasTruth' | 'edited' | 'problem') => ({
      yes: this.#total({ ...filter, [field]: true }),
      no: this.#total({ ...filter, [field]: false }),
    });
    return {
      total: this.#total(filter),
      classes: this.#byClass(without('classIndex')),
      untagged: this.#total({ ...filter, classIndex: null }),
      splits: this.#bySplit(without('split')),
      review: this.#byReview(without('review')),
      hasTruth: yesNo('hasTruth'),
      edited: yesNo('edited'),
      problem: yesNo('problem'),
    };
  }

  /** Tags by class and split, and how often two classes are on one image. */
  classStats(): ClassStats {
    const indices = this.#classIndices();
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('image_tags')
        .innerJoin('images', 'images.id', 'image_tags.image_id')
        .select(['class_index', 'split', (eb) => eb.fn.countAll<number>().as('images')])
        .groupBy(['class_index', 'split'])
        .orderBy('split'),
    );
    const pairs = this.#db.all(
      this.#db.query
        .selectFrom('image_tags as one')
        .innerJoin('image_tags as other', 'other.image_id', 'one.image_id')
        .select(['one.class_index as row', 'other.class_index as column', (eb) => eb.fn.countAll<number>().as('images')])
        .groupBy(['one.class_index', 'other.class_index']),
    );
    const together = indices.map(() => new Array<number>(indices.length).fill(0));
    for (const { row, column, images } of pairs) {
      const counts = together[row - 1];
      if (counts !== undefined) counts[column - 1] = images;
    }
    return {
      classes: indices.map((classIndex) => {
        const splits = rows.filter((row) => row.class_index === classIndex).map(({ split, images }) => ({ split, images }));
        return { classIndex, images: splits.reduce((sum, { images }) => sum + images, 0), splits };
      }),
      untagged: this.#total({ classIndex: null }),
      together,
    };
  }

  #classIndices(): number[] {
    return this.#db.all(this.#db.query.selectFrom('classes').select('class_index').orderBy('class_index')).map((row) => row.class_index);
  }

  #filtered(filter: Filter) {
    return this.#db.query.selectFrom('images').leftJoin('image_work', 'image_work.image_id', 'images.id').where(conditions(filter));
  }

  #total(filter: Filter): number {
    return this.#db.first(this.#filtered(filter).select((eb) => eb.fn.countAll<number>().as('images')))?.images ?? 0;
  }

  #byClass(filter: Filter): Facets['classes'] {
    const rows = this.#db.all(
      this.#filtered(filter)
        .innerJoin('image_tags', 'image_tags.image_id', 'images.id')
        .select(['class_index', (eb) => eb.fn.countAll<number>().as('images')])
        .groupBy('class_index'),
    );
    const counts = new Map(rows.map((row) => [row.class_index, row.images]));
    return this.#classIndices().map((classIndex) => ({ classIndex, images: counts.get(classIndex) ?? 0 }));
  }

  #bySplit(filter: Filter): Facets['splits'] {
    const rows = this.#db.all(this.#filtered(filter).select(['split', (eb) => eb.fn.countAll<number>().as('images')]).groupBy('split'));
    const counts = new Map(rows.map((row) => [row.split, row.images]));
    const all = this.#db.all(this.#db.query.selectFrom('images').select('split').distinct().orderBy('split'));
    return all.map(({ split }) => ({ split, images: counts.get(split) ?? 0 }));
  }

  #byReview(filter: Filter): Facets['review'] {
    const rows = this.#db.all(this.#filtered(filter).select(['review', (eb) => eb.fn.countAll<number>().as('images')]).groupBy('review'));
    // An image nobody has worked on has no row, or a row that says the same.
    const count = (review: string) =>
      rows.filter((row) => (row.review ?? 'unreviewed') === review).reduce((sum, row) => sum + row.images, 0);
    return ReviewState.options.map((review) => ({ review, images: count(review) }));
  }
}
