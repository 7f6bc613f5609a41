import { onScopeDispose } from 'vue';
import { opposite, useTagChanges, withChange, type TagChange } from '#renderer/stores/tag-changes.ts';
import { strings } from '#renderer/strings/index.ts';
import { count } from '#renderer/ui/format.ts';
import { showToast } from '#renderer/ui/toasts.ts';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { ImageList } from './use-image-list.ts';

/** What toggling a class on images means: when all have it, it is taken away; else those without it get it. Null when there is nothing to do. */
export function toggleOf(classIndex: number, images: readonly ImageSummary[]): TagChange | null {
  const without = images.filter(({ tags }) => !tags.includes(classIndex)).map(({ id }) => id);
  if (images.length === 0) return null;
  return without.length > 0 ? { classIndex, add: true, imageIds: without } : { classIndex, add: false, imageIds: images.map(({ id }) => id) };
}

interface Tagging {
  /** Shows the change at once, and saves it after those before it. */
  readonly apply: (change: TagChange) => void;
  readonly undo: () => void;
}

/** Tags by keys on the images of a list: shown at once, said, and undone. */
export function useTagging(list: Pick<ImageList, 'summaries' | 'patch' | 'load'>, className: (index: number) => string): Tagging {
  const changes = useTagChanges();
  onScopeDispose(
    changes.onRefused((change) => {
      show(change, (image) => withChange(image, opposite(change)));
      void list.load();
    }),
  );

  function show({ imageIds }: TagChange, as: (image: ImageSummary) => ImageSummary = (image) => image): void {
    list.patch(imageIds.flatMap((id) => list.summaries.get(id) ?? []).map(as));
  }

  function say({ add, classIndex, imageIds }: TagChange): string {
    const images = imageIds.length === 1 ? (list.summaries.get(imageIds[0] ?? '')?.name ?? strings.common.images(1)) : strings.data.shown(count(imageIds.length), count(imageIds.length));
    return (add ? strings.data.tagging.added : strings.data.tagging.removed)(className(classIndex), images);
  }

  function apply(change: TagChange): void {
    changes.apply(change);
    show(change);
    showToast(say(change), { action: { title: strings.data.tagging.undo, run: () => undo(change) } });
  }

  function undo(change?: TagChange): void {
    const back = changes.undo(change);
    if (back === null) return;
    show(back);
    if (change === undefined) showToast(strings.data.tagging.undone(say(opposite(back))));
  }

  return { apply, undo: () => undo() };
}
