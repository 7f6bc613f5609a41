import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { resolveInside } from '../../images/path-resolver.ts';
import { PHOTO_EXTENSIONS, withoutExtension } from '../name-index.ts';
import { unstorableCharacter } from '#shared/domain/hostile-text.ts';
import type { ProblemLog } from '../problem-log.ts';

export const PHOTOS = 'JPEGImages';
export const MASKS = 'SegmentationClass';
export const LISTS = 'ImageSets/Segmentation';
export const ANNOTATIONS = 'Annotations';

const MAX_DEPTH = 8;
/** Photos that people do have but that the decoder does not read. */
const UNSUPPORTED = new Set(['.bmp', '.heic', '.psd', '.raw', '.cr2', '.nef', '.dng', '.tga', '.ppm', '.pgm']);

/** A dataset folder in VOC layout, by names alone; no file has been opened. */
export interface VocLayout {
  readonly root: string; // absolute, links resolved
  /** Relative name without extension to path relative to the root, ordered by name. */
  readonly photos: ReadonlyMap<string, string>;
  readonly masks: ReadonlyMap<string, string>;
  /** List files relative to the root. */
  readonly lists: readonly string[];
  readonly hasAnnotations: boolean;
  /** CSV files in the root. */
  readonly csvFiles: readonly string[];
}

/** Throws DATASET_ROOT_MISSING, DATASET_NOT_RECOGNISED, DATASET_EMPTY, PATH_OUTSIDE_ROOT. */
export async function scanVoc(root: string, problems: ProblemLog): Promise<VocLayout> {
  const realRoot = await realpath(root).catch((cause: unknown) => {
    throw new PenumbraError('DATASET_ROOT_MISSING', `The folder ${root} cannot be opened.`, { remedy: 'Check the path and that you may read it.', details: { root }, cause });
  });
  const entries = await readdir(realRoot, { withFileTypes: true }).catch((cause: unknown) => {
    throw new PenumbraError('DATASET_ROOT_MISSING', `${root} is not a folder that can be read.`, { remedy: 'Name the folder that holds the photos.', details: { root }, cause });
  });
  if (!entries.some((entry) => entry.name === PHOTOS)) {
    throw new PenumbraError('DATASET_NOT_RECOGNISED', `${root} is not in VOC layout: it has no folder ${PHOTOS}.`, {
      remedy: `Name the folder that holds ${PHOTOS} (photos), ${MASKS} (masks, optional) and ${LISTS} (lists, optional).`,
      details: { root },
    });
  }
  const photos = firstByName(await walk(realRoot, PHOTOS, problems, isPhoto), PHOTOS, problems);
  if (photos.size === 0) {
    throw new PenumbraError('DATASET_EMPTY', `${join(root, PHOTOS)} holds no photo.`, { remedy: `Put photos (${PHOTO_EXTENSIONS.join(', ')}) into it.`, details: { root } });
  }
  const masks = firstByName(await walk(realRoot, MASKS, problems, isMask), MASKS, problems);
  const lists = await walk(realRoot, LISTS, problems, (path) => path.endsWith('.txt'), 0);
  const annotations = await walk(realRoot, ANNOTATIONS, problems, (path) => path.endsWith('.xml'));
  const csvFiles = entries.filter((entry) => !entry.isDirectory() && /\.(csv|tsv)$/i.test(entry.name)).map((entry) => entry.name);
  return { root: realRoot, photos, masks, lists, hasAnnotations: annotations.length > 0, csvFiles: csvFiles.sort() };
}

/**
 * Paths relative to `root`, ordered, hidden files left out. Links are followed only to files inside the root; one to a folder is reported.
 * FILE_MISSING for a folder that cannot be read.
 */
async function walk(root: string, folder: string, problems: ProblemLog, wanted: (path: string, problems: ProblemLog) => boolean, depth = MAX_DEPTH): Promise<string[]> {
  let dir: string;
  try {
    dir = await resolveInside(root, folder);
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'FILE_MISSING') return [];
    throw thrown;
  }
  const found: string[] = [];
  // One encoding for names: what cannot be decoded cannot be named in a list either.
  for (const entry of await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => Promise.reject(unreadableFolder(folder, cause)))) {
    if (entry.name.startsWith('.')) continue;
    const path = `${folder}/${entry.name}`;
    const unstorable = unstorableCharacter(entry.name);
    if (unstorable !== null) {
      problems.add({
        file: path,
        code: 'IMAGE_UNSUPPORTED',
        message: `${JSON.stringify(path)} holds the character ${unstorable} in its name; lists name one file a line and cannot name it.`,
        remedy: 'Rename it.',
        effect: 'skipped',
      });
      continue;
    }
    if (entry.isDirectory()) {
      if (depth > 0) found.push(...(await walk(root, path, problems, wanted, depth - 1)));
    } else if (entry.isSymbolicLink()) {
      try {
        const leadsToFolder = (await stat(join(dir, entry.name)).catch(() => null))?.isDirectory() === true;
        if (leadsToFolder) throw linkToFolder(path);
        if (!wanted(path, problems)) continue;
        await resolveInside(root, path);
        found.push(path);
      } catch (thrown) {
        problems.addError(path, thrown, 'skipped');
      }
    } else if (entry.isFile() && wanted(path, problems)) found.push(path);
  }
  return found.sort();
}

function isPhoto(path: string, problems: ProblemLog): boolean {
  const extension = extname(path).toLowerCase();
  if (UNSUPPORTED.has(extension)) {
    problems.add({
      file: path,
      code: 'IMAGE_UNSUPPORTED',
      message: `${path} is a ${extension.slice(1).toUpperCase()} file; expected one of ${PHOTO_EXTENSIONS.join(', ')}.`,
      remedy: 'Save it as JPEG or PNG.',
      effect: 'skipped',
    });
    return false;
  }
  return PHOTO_EXTENSIONS.some((known) => extension === `.${known}`);
}

/** Masks are PNG alone: other formats change the values of pixels. */
function isMask(path: string, problems: ProblemLog): boolean {
  const extension = extname(path).toLowerCase();
  if (extension === '.png') return true;
  if (!UNSUPPORTED.has(extension) && !PHOTO_EXTENSIONS.some((known) => extension === `.${known}`)) return false;
  problems.addToGroup({
    file: MASKS,
    code: 'IMAGE_UNSUPPORTED',
    message: `${path} is a ${extension.slice(1).toUpperCase()} file; masks are read from PNG alone. It was left out.`,
    remedy: 'Save the mask as an 8-bit palette PNG whose pixel value is the class.',
    effect: 'warning',
  });
  return false;
}

function unreadableFolder(folder: string, cause: unknown): PenumbraError {
  return new PenumbraError('FILE_MISSING', `The folder "${folder}" cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
    remedy: 'Give yourself the right to read it, or put a folder that can be read in its place.',
    details: { path: folder },
    cause,
  });
}

function linkToFolder(path: string): PenumbraError {
  return new PenumbraError('PATH_OUTSIDE_ROOT', `${path} is a link to a folder, which is not followed; what it holds was left out.`, {
    remedy: 'Put the folder itself in its place.',
    details: { path },
  });
}

/** Two files that differ in their extension alone have one name; the first in the order of PHOTO_EXTENSIONS keeps it. */
function firstByName(paths: readonly string[], folder: string, problems: ProblemLog): Map<string, string> {
  const rank = (path: string) => PHOTO_EXTENSIONS.findIndex((known) => extname(path).toLowerCase() === `.${known}`);
  const byName = new Map<string, string>();
  for (const path of [...paths].sort((a, b) => rank(a) - rank(b))) {
    const name = withoutExtension(path.slice(folder.length + 1));
    const first = byName.get(name);
    if (first === undefined) byName.set(name, path);
    else {
      problems.add({
        file: path,
        code: 'DUPLICATE_NAME',
        message: `${path} and ${first} have the same name "${name}"; ${first} was taken.`,
        remedy: 'Rename one of them if both are wanted, in the lists too.',
        effect: 'skipped',
      });
    }
  }
  return new Map([...byName].sort(([a], [b]) => (a < b ? -1 : 1)));
}
