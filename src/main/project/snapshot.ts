import { createHash } from 'node:crypto';
import type { DataProblem } from '#shared/contract/dataset.ts';
import type { DatasetSnapshot, ImageRecord } from '#shared/domain/snapshot.ts';
import { IGNORE, type ClassInfo } from '#shared/domain/classes.ts';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { SourceKind, SupervisionRule } from '#shared/domain/supervision.ts';
import { resolveInside } from '../images/path-resolver.ts';
import { readLabelPng } from '../images/palette-png.ts';
import { readHeaderInCore } from '../images/photo-in-core.ts';
import { currentFacts } from './file-facts.ts';
import { Grants } from './grants.ts';
import type { StoredImage } from './repositories/images.ts';

export interface SnapshotSources {
  readonly root: string;
  readonly classes: readonly ClassInfo[];
  readonly images: readonly StoredImage[];
  readonly tags: ReadonlyMap<string, readonly number[]>;
  readonly rules: readonly SupervisionRule[];
  /** Image id to a hash of the corrections in force on it, ordered by image id. */
  readonly edits: () => readonly (readonly [string, string])[];
  /** Called for a photo or mask whose size or time changed, with what it is now. */
  readonly rememberPhoto: (imageId: string, facts: StoredImage['photo']) => void;
  readonly rememberMask: (imageId: string, facts: StoredImage['photo'], classes: readonly number[]) => void;
}

export interface Snapshot {
  readonly dataset: DatasetSnapshot;
  readonly fingerprints: Record<string, string>;
  /** Images left out because their photo cannot be opened now. */
  readonly problems: readonly DataProblem[];
}

/**
 * What the supervision declaration grants to a stage that reads `reads`. A fingerprint is a sha256 over the ids, splits and classes
 * concerned and over the content they stand for (content hashes of photos and masks, tags, corrections), so it changes when,
 * and only when, the stage could see a difference; moving the files does not change it.
 */
export async function takeSnapshot(sources: SnapshotSources, reads: readonly SourceKind[]): Promise<Snapshot> {
  const grants = new Grants(sources.rules);
  const classes = sources.classes.length;
  const records: ImageRecord[] = [];
  const problems: DataProblem[] = [];
  const seen = { photos: [] as string[], tags: [] as string[], masks: [] as string[], truth: [] as string[] };
  for (const image of sources.images) {
    const { split } = image;
    if (split === null) continue;
    try {
      const files = await openFiles(sources, image, reads);
      const granted = reads.includes('masks') && files.maskPath !== null && grants.mask(split, files.maskClasses, classes);
      const tags = reads.includes('tags') && image.tagged && grants.anyTag(split, classes) ? multiHot(sources, image.id, split, grants) : null;
      records.push({
        id: image.id,
        name: image.name,
        photoPath: reads.includes('photos') ? files.photoPath : '',
        width: image.width,
        height: image.height,
        split,
        tags,
        maskPath: granted ? files.maskPath : null,
      });
      const line = `${image.id} ${split}`;
      seen.photos.push(`${line} ${image.width}x${image.height} ${files.photoSha256}`);
      seen.tags.push(`${line} ${tags?.join('') ?? '-'}`);
      seen.masks.push(`${line} ${granted ? files.maskSha256 : '-'}`);
      seen.truth.push(`${line} ${files.maskSha256}`);
    } catch (thrown) {
      const { code, message, remedy } = toErrorValue(thrown);
      problems.push({ file: image.photoPath, code, message, remedy, effect: 'skipped' });
    }
  }
  const names = sources.classes.map(({ index, name }) => `${index} ${name}`);
  const fingerprints: Record<string, string> = {};
  for (const source of reads) {
    switch (source) {
      case 'edits':
        fingerprints[source] = digest(sources.edits().map(([imageId, hash]) => `${imageId} ${hash}`));
        break;
      default:
        fingerprints[source] = digest([source, ...names, ...seen[source]]);
    }
  }
  return { dataset: { classes: sources.classes, images: records }, fingerprints, problems };
}

interface OpenedFiles {
  readonly photoPath: string;
  readonly photoSha256: string;
  readonly maskPath: string | null;
  readonly maskSha256: string;
  /** Classes that the mask shows now, which need not be those of the import. */
  readonly maskClasses: readonly number[];
}

/** Looks at the files that the stage reads, and only at those. */
async function openFiles(sources: SnapshotSources, image: StoredImage, reads: readonly SourceKind[]): Promise<OpenedFiles> {
  let photoPath = '';
  let photoSha256 = '';
  if (reads.includes('photos')) {
    photoPath = await resolveInside(sources.root, image.photoPath);
    const facts = await currentFacts(photoPath, image.photo);
    if (facts !== image.photo) {
      if (facts.sha256 !== image.photo.sha256) await checkSameSize(photoPath, image);
      sources.rememberPhoto(image.id, facts);
    }
    photoSha256 = facts.sha256;
  }
  if (image.mask === null || !(reads.includes('masks') || reads.includes('truth'))) return { photoPath, photoSha256, maskPath: null, maskSha256: '-', maskClasses: [] };
  const maskPath = await resolveInside(sources.root, image.mask.path);
  const facts = await currentFacts(maskPath, image.mask.file);
  let maskClasses = image.mask.classes;
  if (facts !== image.mask.file) {
    // What a mask grants rests on the classes it shows: one that was painted over is looked at anew.
    if (facts.sha256 !== image.mask.file.sha256) maskClasses = await classesIn(maskPath, sources.classes.length);
    sources.rememberMask(image.id, facts, maskClasses);
  }
  return { photoPath, photoSha256, maskPath, maskSha256: facts.sha256, maskClasses };
}

/** Class indices in a mask, ascending. Throws as `readLabelPng`, and MASK_UNKNOWN_CLASS. */
async function classesIn(maskPath: string, classes: number): Promise<number[]> {
  const { data } = await readLabelPng(maskPath);
  const used = [...new Set(data)].filter((value) => value !== 0 && value !== IGNORE).sort((a, b) => a - b);
  const unknown = used.find((value) => value > classes);
  if (unknown === undefined) return used;
  throw new PenumbraError('MASK_UNKNOWN_CLASS', `${maskPath} now holds the value ${unknown}; expected 0 (background), 1 to ${classes} (classes) or 255 (undecided).`, {
    remedy: 'Correct the mask.',
    details: { file: maskPath, value: unknown },
  });
}

/** A photo may be retouched after import, but masks, scores and corrections rest on its size. */
async function checkSameSize(photoPath: string, image: StoredImage): Promise<void> {
  const { width, height } = await readHeaderInCore(photoPath);
  if (width === image.width && height === image.height) return;
  throw new PenumbraError('MASK_SIZE_MISMATCH', `${image.photoPath} is now ${width}×${height} px; it was ${image.width}×${image.height} px when it was imported.`, {
    remedy: 'Put the photo of the old size back, or import the folder into a new project.',
    details: { file: image.photoPath, width, height },
  });
}

/** Channel = class index - 1; a class whose tags are not granted reads 0. */
function multiHot(sources: SnapshotSources, imageId: string, split: string, grants: Grants): (0 | 1)[] {
  const tags = sources.tags.get(imageId) ?? [];
  return sources.classes.map(({ index }) => (tags.includes(index) && grants.tag(split, index) ? 1 : 0));
}

function digest(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line).update('\n');
  return hash.digest('hex');
}
