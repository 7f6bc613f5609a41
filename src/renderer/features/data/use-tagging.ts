import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { call } from '#renderer/api/client.ts';
import { useSaving } from '#renderer/stores/saving.ts';
import { strings } from '#renderer/strings/index.ts';
import { count } from '#renderer/ui/format.ts';
import { showToast } from '#renderer/ui/toasts.ts';
import { dataset } from '#shared/contract/index.ts';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { ImageList } from './use-image-list.ts';

/** One gesture: a class added to or removed from images that did not have it, or had it. Its opposite undoes it exactly. */
export interface TagChange {
  readonly classIndex: number;
  readonly add: boolean;
  readonly imageIds: readonly ImageId[];
}

const RETRY_MS = 1000;
const MOST_UNDO = 200;
/** Most images that one call takes. */
const AT_ONCE = 10_000;

/** What toggling a class on images means: when all have it, it is taken away; else those without it get it. Null when there is nothing to do. */
export function toggleOf(classIndex: number, images: readonly ImageSummary[]): TagChange | null {
  const without = images.filter(({ tags }) => !tags.includes(classIndex)).map(({ id }) => id);
  if (images.length === 0) return null;
  return without.length > 0 ? { classIndex, add: true, imageIds: without } : { classIndex, add: false, imageIds: images.map(({ id }) => id) };
}

export function opposite(change: TagChange): TagChange {
  return { ...change, add: !change.add };
}

/** The image as it will be once the change is saved. */
export function withChange(image: ImageSummary, { classIndex, add }: TagChange): ImageSummary {
  const others = image.tags.filter((tag) => tag !== classIndex);
  return { ...image, tags: add ? [...others, classIndex].sort((a, b) => a - b) : others };
}

/** Changes that the core has not confirmed, laid over whatever it says of an image meanwhile. */
export class PendingTags {
  readonly #changes = new Map<TagChange, ReadonlySet<ImageId>>();

  add(change: TagChange): void {
    this.#changes.set(change, new Set(change.imageIds));
  }

  remove(change: TagChange): void {
    this.#changes.delete(change);
  }

  over(image: ImageSummary): ImageSummary {
    let shown = image;
    for (const [change, ids] of this.#changes) if (ids.has(image.id)) shown = withChange(shown, change);
    return shown;
  }
}

export interface Tagging {
  /** Shows the change at once, and saves it after those before it. */
  readonly apply: (change: TagChange) => void;
  readonly undo: () => void;
  readonly canUndo: ComputedRef<boolean>;
  readonly error: ShallowRef<ErrorValue | null>;
  /** Changes that are kept while the core is away. */
  readonly isWaiting: Ref<boolean>;
}

/**
 * Tags by keys: shown at once, saved in order, each counted in `saving` until the core has said that it is on disk. While the core
 * is away changes wait and are sent again (a repeated send changes nothing); one that is refused is taken back and said.
 */
export function useTagging(list: Pick<ImageList, 'summaries' | 'patch' | 'load'>, pending: PendingTags, className: (index: number) => string): Tagging {
  const saving = useSaving();
  const done = ref<TagChange[]>([]);
  const error = shallowRef<ErrorValue | null>(null);
  const isWaiting = ref(false);
  let last: Promise<void> = Promise.resolve();

  function send(change: TagChange): void {
    pending.add(change);
    list.patch(change.imageIds.flatMap((id) => list.summaries.get(id) ?? []));
    saving.begin();
    last = last.then(() => save(change));
  }

  async function save(change: TagChange): Promise<void> {
    const classes = [change.classIndex];
    for (;;) {
      try {
        for (let at = 0; at < change.imageIds.length; at += AT_ONCE) {
          await call(dataset.changeTags, { imageIds: change.imageIds.slice(at, at + AT_ONCE), add: change.add ? classes : [], remove: change.add ? [] : classes });
        }
        isWaiting.value = false;
        pending.remove(change);
        saving.landed(new Date());
        return;
      } catch (thrown) {
        if (!(thrown instanceof PenumbraError) || thrown.code !== 'SHUTTING_DOWN') {
          error.value = toErrorValue(thrown);
          done.value = done.value.filter((item) => item !== change);
          pending.remove(change);
          saving.dropped();
          showToast(`${strings.data.tagging.failed}: ${error.value.message}`, { tone: 'bad' });
          await list.load();
          return;
        }
        isWaiting.value = true;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  function say({ add, classIndex, imageIds }: TagChange): string {
    const images = imageIds.length === 1 ? (list.summaries.get(imageIds[0] ?? '')?.name ?? '') : strings.data.shown(count(imageIds.length), count(imageIds.length));
    return (add ? strings.data.tagging.added : strings.data.tagging.removed)(className(classIndex), images);
  }

  function apply(change: TagChange): void {
    error.value = null;
    done.value = [...done.value.slice(1 - MOST_UNDO), change];
    send(change);
    showToast(say(change), { action: { title: strings.data.tagging.undo, run: () => undoOne(change) } });
  }

  function undoOne(change: TagChange): void {
    if (!done.value.includes(change)) return;
    done.value = done.value.filter((item) => item !== change);
    send(opposite(change));
  }

  function undo(): void {
    const change = done.value.at(-1);
    if (change === undefined) return;
    undoOne(change);
    showToast(strings.data.tagging.undone(say(change)));
  }

  return { apply, undo, canUndo: computed(() => done.value.length > 0), error, isWaiting };
}
