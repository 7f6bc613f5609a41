import { strings } from '#renderer/strings/index.ts';
import { ReviewState } from '#shared/contract/edits.ts';
import { withPart, type Filter, type FilterKey } from './filter-query.ts';

/** A part of the filter in words. */
export interface Chip {
  readonly key: FilterKey;
  readonly title: string;
  /** The filter without it. */
  readonly without: Filter;
}

/** What completing a text in the query bar gives. */
export interface Completion {
  readonly title: string;
  readonly filter: Filter;
}

export interface Vocabulary {
  readonly classes: readonly { readonly index: number; readonly name: string }[];
  readonly splits: readonly string[];
}

const FLAGS = ['hasTruth', 'edited', 'problem'] as const;
const MOST = 10;
const { data } = strings;

/** Every choice that there is but free text, as the facets name them. */
function choices({ classes, splits }: Vocabulary): { key: FilterKey; value: unknown; title: string }[] {
  return [
    ...classes.map(({ index, name }) => ({ key: 'classIndex' as const, value: index, title: `${data.facet.classes}: ${name}` })),
    { key: 'classIndex', value: null, title: `${data.facet.classes}: ${data.untagged}` },
    ...splits.map((split) => ({ key: 'split' as const, value: split, title: `${data.facet.split}: ${split}` })),
    { key: 'split', value: null, title: `${data.facet.split}: ${data.noSplit}` },
    ...ReviewState.options.map((state) => ({ key: 'review' as const, value: state, title: `${data.facet.review}: ${data.review[state]}` })),
    ...FLAGS.flatMap((key) => [
      { key, value: true, title: `${data.facet[key]}: ${data.yes[key]}` },
      { key, value: false, title: `${data.facet[key]}: ${data.no[key]}` },
    ]),
  ];
}

export function chipsOf(filter: Filter, vocabulary: Vocabulary): Chip[] {
  const known = choices(vocabulary);
  return (Object.keys(filter) as FilterKey[]).flatMap((key) => {
    const value = filter[key];
    if (value === undefined) return [];
    const title = key === 'nameContains' ? data.nameChip(String(value)) : (known.find((choice) => choice.key === key && choice.value === value)?.title ?? `${key}: ${String(value)}`);
    return [{ key, title, without: withPart(filter, key, undefined) }];
  });
}

/** What a typed text may mean: choices that begin with it, the name of an image, then choices that hold all its words. */
export function complete(text: string, filter: Filter, vocabulary: Vocabulary): Completion[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = choices(vocabulary).filter(({ key, value, title }) => filter[key] !== value && words.every((word) => title.toLowerCase().includes(word)));
  const begins = ({ title }: { title: string }): boolean => words.length > 0 && title.toLowerCase().slice(title.indexOf(':') + 2).startsWith(words.join(' '));
  const byName = text.trim() === '' ? [] : [{ title: data.nameHas(text.trim()), filter: withPart(filter, 'nameContains', text.trim().slice(0, 300)) }];
  const toCompletion = ({ key, value, title }: (typeof fitting)[number]): Completion => ({ title, filter: withPart(filter, key, value as never) });
  const first = fitting.filter(begins);
  return [...first.slice(0, MOST).map(toCompletion), ...byName, ...fitting.filter((choice) => !first.includes(choice)).slice(0, Math.max(0, MOST - first.length)).map(toCompletion)];
}
