import { basename } from 'node:path/posix';
import { PenumbraError } from '#shared/errors.ts';
import { Split } from '#shared/domain/supervision.ts';
import type { NameIndex } from '../name-index.ts';
import type { ProblemLog } from '../problem-log.ts';
import { decodeText, latin1Warning, lines, readInside } from '../text.ts';
import { LISTS, PHOTOS, type VocLayout } from './layout.ts';

/** Lists are asked in this order, then by name; each photo belongs to the first that names it. So trainval, made of both, adds nothing. */
const ORDER = ['train', 'val', 'test'];

export interface Splits {
  /** Photo name to split. */
  readonly of: ReadonlyMap<string, string>;
  /** Splits with the number of their photos, in the order of the lists; empty ones too. */
  readonly counts: readonly { readonly name: string; readonly images: number }[];
}

/** Reads all lists. PATH_OUTSIDE_ROOT when a list is a link out of the folder. */
export async function readSplits(layout: VocLayout, index: NameIndex, problems: ProblemLog): Promise<Splits> {
  if (layout.lists.length === 0) {
    problems.add({
      file: LISTS,
      code: 'SPLIT_EMPTY',
      message: `There are no lists in ${LISTS}; all photos were put into the split "train", none into "val".`,
      remedy: 'Write train.txt and val.txt with one photo name a line, and import again.',
      effect: 'warning',
    });
    const names = [...layout.photos.keys()];
    return { of: new Map(names.map((name) => [name, 'train'])), counts: [{ name: 'train', images: names.length }] };
  }
  const lists: { split: string; file: string; names: Set<string> }[] = [];
  for (const file of layout.lists) {
    const split = basename(file, '.txt');
    if (!Split.safeParse(split).success) {
      problems.add({
        file,
        code: 'LIST_MALFORMED',
        message: `The list ${file} was left out: its name cannot be the name of a split (letters, digits, _ . - alone, at most 64).`,
        remedy: 'Rename the file.',
        effect: 'warning',
      });
      continue;
    }
    lists.push({ split, file, names: await readNames(layout.root, file, index, problems) });
  }
  lists.sort((a, b) => rank(a.split) - rank(b.split) || (a.split < b.split ? -1 : 1));
  const of = new Map<string, string>();
  const taken = new Map<string, { file: string; names: Set<string> }>();
  for (const list of lists) {
    reportOverlaps(list, [...taken.values()], problems);
    taken.set(list.split, list);
    for (const name of list.names) if (!of.has(name)) of.set(name, list.split);
    if (list.names.size === 0) problems.add(emptySplit(list.file));
  }
  const counts = lists.map(({ split, names }) => ({ name: split, images: [...names].filter((name) => of.get(name) === split).length }));
  return { of, counts: counts.filter(({ name, images }) => images > 0 || taken.get(name)?.names.size === 0) };
}

async function readNames(root: string, file: string, index: NameIndex, problems: ProblemLog): Promise<Set<string>> {
  const names = new Set<string>();
  const { text, latin1 } = decodeText(await readInside(root, file));
  if (latin1) problems.add(latin1Warning(file));
  for (const [position, line] of lines(text).entries()) {
    const written = line.trim();
    if (written === '') continue;
    const where = `${file}, line ${position + 1}`;
    try {
      const match = index.find(written);
      if (match.kind === 'found') names.add(match.name);
      else if (match.kind === 'missing') {
        problems.addToGroup({
          file,
          code: 'FILE_MISSING',
          message: `${where} names "${written}", which is not in ${PHOTOS}.`,
          remedy: `Put the photo into ${PHOTOS} or take the line out.`,
          effect: 'warning',
        });
      } else {
        problems.addToGroup({
          file,
          code: 'DUPLICATE_NAME',
          message: `${where} names "${written}", which could be ${match.among.join(' or ')}.`,
          remedy: 'Write the folder too.',
          effect: 'warning',
        });
      }
    } catch (thrown) {
      if (!(thrown instanceof PenumbraError)) throw thrown;
      problems.addToGroup({ file, code: thrown.code, message: `${where}: ${thrown.message}`, remedy: thrown.remedy, effect: 'warning' });
    }
  }
  return names;
}

/** A list that holds another whole is meant to (trainval, train_aug); one that shares some photos is a mistake that makes scores lie. */
function reportOverlaps(list: { file: string; names: Set<string> }, earlier: readonly { file: string; names: Set<string> }[], problems: ProblemLog): void {
  for (const other of earlier) {
    const shared = [...other.names].filter((name) => list.names.has(name));
    if (shared.length === 0 || shared.length === other.names.size) continue;
    problems.add({
      file: list.file,
      code: 'LIST_MALFORMED',
      message: `${shared.length} photos of ${list.file} are in ${other.file} too, such as "${shared[0] ?? ''}"; they belong to ${basename(other.file, '.txt')}.`,
      remedy: 'Take them out of one of the two lists and import again.',
      effect: 'warning',
    });
  }
}

function rank(split: string): number {
  const position = ORDER.indexOf(split);
  return position < 0 ? ORDER.length : position;
}

function emptySplit(file: string) {
  return {
    file,
    code: 'SPLIT_EMPTY',
    message: `The list ${file} names no photo; the split "${basename(file, '.txt')}" is empty.`,
    remedy: 'Write the names of its photos into it, one a line, and import again.',
    effect: 'warning',
  } as const;
}
