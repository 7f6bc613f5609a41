import type { ImportedImage } from '#shared/domain/imported.ts';
import type { ProblemLog } from '../problem-log.ts';

/** Says which classes have no photo, or only one, to learn from. */
export function reportRareClasses(images: readonly ImportedImage[], classNames: readonly string[], file: string, splits: readonly string[], problems: ProblemLog): void {
  // Methods learn from train; without one, from whatever split there is.
  const learnt = splits.includes('train') ? images.filter((image) => image.split === 'train') : images.filter((image) => image.split !== null);
  const where = splits.includes('train') ? 'the split "train"' : 'the splits';
  if (learnt.every((image) => image.tags === null)) return;
  for (const [channel, name] of classNames.entries()) {
    const having = learnt.filter((image) => image.tags?.includes(channel + 1) === true);
    if (having.length > 1) continue;
    const only = having[0];
    problems.add({
      file,
      code: only === undefined ? 'CLASS_UNSEEN' : 'CLASS_RARE',
      message:
        only === undefined
          ? `No photo of ${where} has the class "${name}"; nothing can be learnt about it.`
          : `Only one photo of ${where}, ${only.photoPath}, has the class "${name}"; little can be learnt about it.`,
      remedy: 'Add photos of the class, or take the class out of the list.',
      effect: 'warning',
    });
  }
}
