import type { ClassInfo } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { ImageRecord, StageContext } from '../stage.ts';

export type TaggedImage = ImageRecord & { readonly tags: readonly (0 | 1)[] };

/** Photos of a split whose tags this stage may read. */
export function taggedImages(images: readonly ImageRecord[], split: string): TaggedImage[] {
  return images.filter((image): image is TaggedImage => image.split === split && image.tags !== null);
}

/** @throws SPLIT_EMPTY when there is nothing to learn from */
export function requireImages<T extends ImageRecord>(images: readonly T[], split: string, what: string): readonly T[] {
  if (images.length > 0) return images;
  throw new PenumbraError('SPLIT_EMPTY', `No photo of split "${split}" has ${what}.`, {
    remedy: 'Choose a split that has photos, or bring what is missing.',
    details: { split, missing: what },
  });
}

/** Warns of classes that no photo, or only one, is tagged with: nothing can be learnt of them, or next to nothing. */
export function warnOfRareClasses(context: StageContext, images: readonly TaggedImage[], classes: readonly ClassInfo[]): void {
  const counts = classes.map((_, channel) => images.filter((image) => image.tags[channel] === 1).length);
  const named = (count: number) => classes.filter((_, channel) => counts[channel] === count).map((item) => item.name);
  const unseen = named(0);
  const rare = named(1);
  if (unseen.length > 0) context.report.log('warn', `No training photo is tagged with ${unseen.join(', ')}; nothing is learnt of it.`);
  if (rare.length > 0) context.report.log('warn', `Only one training photo is tagged with ${rare.join(', ')}; expect little of it.`);
}
