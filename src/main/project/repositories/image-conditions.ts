import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type * as z from 'zod';
import type { ImageFilter } from '#shared/contract/dataset.ts';
import type { Tables } from '../schema.ts';

export type Filter = z.infer<typeof ImageFilter>;

type Joined = Tables & { image_work: { [K in keyof Tables['image_work']]: Tables['image_work'][K] | null } };
type Builder = ExpressionBuilder<Joined, 'images' | 'image_work'>;
export type Condition = (eb: Builder) => ExpressionWrapper<Joined, 'images' | 'image_work', SqlBool>;

/** What `dataset.images` and its kin select by. */
export function conditions(filter: Filter): Condition {
  return (eb) => {
    const parts = [];
    if (filter.split !== undefined) parts.push(filter.split === null ? eb('images.split', 'is', null) : eb('images.split', '=', filter.split));
    if (filter.hasTruth !== undefined) parts.push(eb('images.mask_path', filter.hasTruth ? 'is not' : 'is', null));
    if (filter.problem !== undefined) parts.push(eb('images.problem', filter.problem ? 'is not' : 'is', null));
    if (filter.review !== undefined) parts.push(eb(eb.fn.coalesce('image_work.review', eb.val('unreviewed')), '=', filter.review));
    // instr, not LIKE: names may hold % and _.
    if (filter.nameContains !== undefined) parts.push(eb(eb.fn<number>('instr', [eb.fn('lower', ['images.name']), eb.fn('lower', [eb.val(filter.nameContains)])]), '>', 0));
    if (filter.classIndex !== undefined) {
      const tags = eb.selectFrom('image_tags').select('class_index').whereRef('image_tags.image_id', '=', 'images.id');
      parts.push(filter.classIndex === null ? eb.not(eb.exists(tags)) : eb.exists(tags.where('class_index', '=', filter.classIndex)));
    }
    if (filter.edited !== undefined) {
      const gestures = eb.selectFrom('gestures').select('sequence').whereRef('gestures.image_id', '=', 'images.id').where('state', '=', 'applied');
      parts.push(filter.edited ? eb.exists(gestures) : eb.not(eb.exists(gestures)));
    }
    return eb.and(parts);
  };
}
