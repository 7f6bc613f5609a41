import { ImageFilter } from '#shared/contract/dataset.ts';
import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type * as z from 'zod';

export type Filter = z.output<typeof ImageFilter>;
export type FilterKey = keyof Filter;

/** How `null` (tagged with none, in no split) is written in an address. */
const NONE = 'none';
const FLAGS = ['hasTruth', 'edited', 'problem'] as const;

/** The filter that an address names; parts that make no sense are left out. */
export function readFilter(query: LocationQuery): Filter {
  const raw: Record<string, unknown> = {};
  const text = (key: string): string | undefined => (typeof query[key] === 'string' ? query[key] : undefined);
  const classIndex = text('class');
  if (classIndex !== undefined) raw['classIndex'] = classIndex === NONE ? null : Number(classIndex);
  const split = text('split');
  if (split !== undefined) raw['split'] = split === NONE ? null : split.replace(/^=/, '');
  raw['review'] = text('review');
  for (const flag of FLAGS) if (text(flag) !== undefined) raw[flag] = text(flag) === 'yes';
  raw['nameContains'] = text('name');
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) if (value !== undefined && ImageFilter.safeParse({ [key]: value }).success) kept[key] = value;
  return ImageFilter.parse(kept);
}

/** The part of an address that names a filter: every key, so that what is not filtered is taken out. A split called “none” is written `=none`. */
export function writeFilter(filter: Filter): LocationQueryRaw {
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, filter[flag] === undefined ? undefined : filter[flag] ? 'yes' : 'no']));
  return {
    class: filter.classIndex === undefined ? undefined : filter.classIndex === null ? NONE : String(filter.classIndex),
    split: filter.split === undefined ? undefined : filter.split === null ? NONE : filter.split === NONE ? `=${NONE}` : filter.split,
    review: filter.review,
    ...flags,
    name: filter.nameContains === '' ? undefined : filter.nameContains,
  };
}

/** The filter with one part set, or taken out with `undefined`. */
export function withPart<K extends FilterKey>(filter: Filter, key: K, value: Filter[K] | undefined): Filter {
  const others = Object.entries(filter).filter(([name]) => name !== key);
  return ImageFilter.parse(Object.fromEntries(value === undefined || value === '' ? others : [...others, [key, value]]));
}
