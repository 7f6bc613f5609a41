import { availableParallelism } from 'node:os';
import { basename } from 'node:path/posix';
import type { TagSource } from '#shared/contract/dataset.ts';
import type { ImportedDataset, ImportedImage } from '#shared/domain/imported.ts';
import { PenumbraError } from '#shared/errors.ts';
import { CheckPool, type FileChecker } from '../../images/check/check-pool.ts';
import { toClasses } from '../class-names.ts';
import { NameIndex } from '../name-index.ts';
import { ProblemLog } from '../problem-log.ts';
import { readTagTable, tagsFromTable } from '../tags/csv.ts';
import { readXmlTags, tagsFromNames } from '../tags/voc-xml.ts';
import { chooseClasses } from './classes.ts';
import { checkImage, type ImagePlan } from './image.ts';
import { LISTS, MASKS, PHOTOS, scanVoc, type VocLayout } from './layout.ts';
import { readSplits } from './lists.ts';
import { reportRareClasses } from './rare-classes.ts';

export interface ImportProgress {
  readonly done: number;
  readonly total: number;
  readonly file: string;
  readonly etaSeconds: number | null;
}

export interface ReadVocOptions {
  readonly root: string;
  readonly tags: TagSource;
  readonly classNames?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Refuses larger photos and masks by their header; default 500 Mpx. */
  readonly maxPixels?: number;
  /** Gives a file up after this time; default 30 s. */
  readonly timeoutMs?: number;
  /** Decodes files in another way than in child processes. */
  readonly checker?: FileChecker;
}

/**
 * Reads a folder in VOC layout: every photo and mask is decoded once, in child processes. Single bad files are left out and reported;
 * nothing is written anywhere. Throws DATASET_NOT_RECOGNISED, DATASET_ROOT_MISSING, DATASET_EMPTY, LIST_MALFORMED, TAGS_MALFORMED,
 * PATH_OUTSIDE_ROOT, SPLIT_EMPTY, RUN_CANCELLED.
 */
export async function readVoc(options: ReadVocOptions): Promise<ImportedDataset> {
  const problems = new ProblemLog();
  const layout = await scanVoc(options.root, problems);
  const index = new NameIndex(layout.photos.keys(), PHOTOS);
  const splits = await readSplits(layout, index, problems);
  if (splits.of.size === 0) {
    throw new PenumbraError('SPLIT_EMPTY', `No list in ${LISTS} names a photo that is in ${PHOTOS}.`, {
      remedy: `Write the names of photos in ${PHOTOS}, one a line, into train.txt and val.txt.`,
      details: { root: options.root },
    });
  }
  const { classNames, classesFrom, tags } = await readTags(layout, options, index, problems);
  const maskOf = pairMasks(layout, problems);
  if (tags === 'from-masks' && maskOf.size === 0) {
    throw new PenumbraError('TAGS_MALFORMED', `Tags from masks were asked for, but ${MASKS} holds no mask of a photo.`, {
      remedy: 'Give the tags in a CSV or as VOC XML, or add the masks.',
      details: { root: options.root },
    });
  }
  const plans = [...layout.photos].map(([name, photoPath]): ImagePlan => ({
    name,
    photoPath,
    maskPath: maskOf.get(name) ?? null,
    split: splits.of.get(name) ?? null,
    tags: tags === 'from-masks' ? 'from-mask' : (tags.get(name) ?? null),
  }));
  const images = await checkAll(layout.root, plans, classNames.length, options, problems);
  if (images.length === 0) {
    throw new PenumbraError('DATASET_EMPTY', `None of the ${plans.length} photos of ${options.root} can be used; the first: ${problems.all().find(({ effect }) => effect === 'skipped')?.message ?? ''}`, {
      remedy: 'Correct the photos and import again.',
      details: { root: options.root, photos: plans.length },
    });
  }
  const used = splits.counts.filter(({ name }) => images.some((image) => image.split === name)).map(({ name }) => name);
  for (const { name, images: listed } of splits.counts) {
    if (listed === 0 || used.includes(name)) continue;
    problems.add({ file: PHOTOS, code: 'SPLIT_EMPTY', message: `No photo of the split "${name}" could be used.`, remedy: 'Correct its photos and import again.', effect: 'warning' });
  }
  reportUntagged(images, options.tags, problems);
  reportRareClasses(images, classNames, classesFrom, used, problems);
  return {
    root: layout.root,
    classes: toClasses(classNames, images.flatMap(({ tags }) => (tags === null ? [] : [tags]))),
    images,
    supervision: used.map((split) => ({ split, classIndex: null, kind: 'tags' })),
    problems: problems.all(),
    truthUse:
      tags === 'from-masks'
        ? { by: 'dataset.import', purpose: 'image-level tags derived from masks', images: images.filter((image) => image.mask !== null).length }
        : null,
  };
}

async function readTags(layout: VocLayout, options: ReadVocOptions, index: NameIndex, problems: ProblemLog) {
  const { tags: source, classNames: given } = options;
  const table = source.kind === 'csv' ? await readTagTable(layout.root, source.file, problems) : null;
  const objects = source.kind === 'xml' ? await readXmlTags(layout.root, [...layout.photos.keys()], problems) : null;
  if (objects?.size === 0) {
    throw new PenumbraError('TAGS_MALFORMED', `Tags from VOC XML were asked for, but no photo of ${options.root} has an annotation that can be read.`, {
      remedy: 'Give the tags in a CSV, or add Annotations/NAME.xml.',
      details: { root: options.root },
    });
  }
  const objectNames = new Set([...(objects?.values() ?? [])].flat());
  const choice = await chooseClasses(layout.root, { given, tags: source.kind, table, objectNames, hasMasks: layout.masks.size > 0 }, problems);
  const tags =
    table !== null
      ? tagsFromTable(table, choice.names, index, problems)
      : objects !== null
        ? tagsFromNames(objects, choice.names, problems)
        : ('from-masks' as const);
  return { classNames: choice.names, classesFrom: choice.from, tags };
}

/** Masks by photo name: same relative name, else the only photo of that file name. */
function pairMasks(layout: VocLayout, problems: ProblemLog): Map<string, string> {
  const index = new NameIndex(layout.photos.keys(), PHOTOS);
  const pairs = new Map<string, string>();
  for (const [name, path] of layout.masks) {
    const match = layout.photos.has(name) ? ({ kind: 'found', name } as const) : index.find(basename(name));
    if (match.kind === 'found' && !pairs.has(match.name)) pairs.set(match.name, path);
    else {
      problems.addToGroup({
        file: MASKS,
        code: match.kind === 'missing' ? 'FILE_MISSING' : 'DUPLICATE_NAME',
        message: match.kind === 'missing' ? `${path} is the mask of no photo in ${PHOTOS}.` : `${path} could belong to more than one photo, or its photo has a mask already; it was left out.`,
        remedy: 'Give mask and photo the same name and folder.',
        effect: 'warning',
      });
    }
  }
  return pairs;
}

async function checkAll(root: string, plans: readonly ImagePlan[], classes: number, options: ReadVocOptions, problems: ProblemLog): Promise<ImportedImage[]> {
  const { signal, onProgress } = options;
  const processes = Math.min(4, availableParallelism());
  const checker = options.checker ?? new CheckPool({ processes, signal, ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }) });
  const startedMs = performance.now();
  const results = new Array<Awaited<ReturnType<typeof checkImage>>>(plans.length);
  let next = 0;
  let done = 0;
  onProgress?.({ done: 0, total: plans.length, file: '', etaSeconds: null });
  const lane = async () => {
    for (let position = next++; position < plans.length; position = next++) {
      const plan = plans[position];
      if (plan === undefined) break;
      results[position] = await checkImage(root, plan, classes, checker, options.maxPixels);
      done += 1;
      const elapsedS = (performance.now() - startedMs) / 1000;
      onProgress?.({ done, total: plans.length, file: plan.photoPath, etaSeconds: (elapsedS / done) * (plans.length - done) });
    }
  };
  try {
    await Promise.all(Array.from({ length: processes }, lane));
  } finally {
    checker.close();
  }
  // In the order of the names, whichever process was faster.
  for (const { problems: found } of results) for (const problem of found) problems.add(problem);
  return results.flatMap(({ image }) => (image === null ? [] : [image]));
}

function reportUntagged(images: readonly ImportedImage[], source: TagSource, problems: ProblemLog): void {
  if (source.kind === 'xml') return; // each missing annotation was reported as such
  for (const image of images) {
    if (image.tags !== null || image.split === null) continue;
    const from = source.kind === 'csv' ? source.file : MASKS;
    problems.addToGroup({
      file: source.kind === 'csv' ? source.file : MASKS,
      code: 'TAGS_MALFORMED',
      message: `${image.photoPath} has no usable tags in ${from}; stages that learn from tags leave it out.`,
      remedy: source.kind === 'csv' ? 'Add its line and import again, or set its tags by hand.' : 'Add its mask and import again, or set its tags by hand.',
      effect: 'warning',
    });
  }
}
