import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { dataset } from '#shared/contract/index.ts';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '../api/client.ts';
import { strings } from '../strings/index.ts';
import { showToast } from '../ui/toasts.ts';
import { useConnection } from './connection.ts';
import { useSaving } from './saving.ts';

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

/** Changes of one project: the same photo has the same id in every project. */
class ProjectTags {
  readonly pending = new PendingTags();
  /** What can be undone, oldest first. */
  readonly done = shallowRef<readonly TagChange[]>([]);
  readonly error = shallowRef<ErrorValue | null>(null);
  readonly isWaiting = ref(false);
  /** Ends when the newest change is saved or refused. */
  last: Promise<void> = Promise.resolve();
}

/**
 * Changes of tags on their way to the disk: saved in the order they were made, each counted in `saving` until the core has said that it
 * is on disk. Lives as long as the window, so that leaving Data neither loses nor reorders any, nor what can be undone. While the core is
 * away, or has another project open, changes wait (a repeated send changes nothing); one that is refused is taken back and said.
 */
export const useTagChanges = defineStore('tag-changes', () => {
  const connection = useConnection();
  const saving = useSaving();
  const projects = new Map<string | null, ProjectTags>();
  const refusals = new Set<(change: TagChange) => void>();

  function ofProject(id: string | null): ProjectTags {
    const found = projects.get(id) ?? new ProjectTags();
    projects.set(id, found);
    return found;
  }
  const here = computed(() => ofProject(connection.projectId));

  function send(change: TagChange): void {
    const projectId = connection.projectId;
    const tags = here.value;
    tags.pending.add(change);
    saving.begin();
    tags.last = tags.last.then(() => save(change, tags, projectId));
  }

  async function save(change: TagChange, tags: ProjectTags, projectId: string | null): Promise<void> {
    while (!(await isSettled(change, tags, projectId))) {
      tags.isWaiting.value = true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    tags.isWaiting.value = false;
  }

  /** False while it must wait. */
  async function isSettled(change: TagChange, tags: ProjectTags, projectId: string | null): Promise<boolean> {
    if (connection.projectId !== projectId) return false;
    const classes = [change.classIndex];
    try {
      for (let at = 0; at < change.imageIds.length; at += AT_ONCE) {
        const imageIds = change.imageIds.slice(at, at + AT_ONCE);
        await call(dataset.changeTags, { imageIds, add: change.add ? classes : [], remove: change.add ? [] : classes }, { projectId });
      }
      tags.pending.remove(change);
      saving.landed(new Date());
    } catch (thrown) {
      if (thrown instanceof PenumbraError && (thrown.code === 'SHUTTING_DOWN' || thrown.code === 'OTHER_PROJECT')) return false;
      refuse(change, tags, toErrorValue(thrown));
    }
    return true;
  }

  function refuse(change: TagChange, tags: ProjectTags, error: ErrorValue): void {
    tags.error.value = error;
    forget(change, tags);
    tags.pending.remove(change);
    saving.dropped();
    showToast(`${strings.data.tagging.failed}: ${error.message}`, { tone: 'bad' });
    for (const listener of refusals) listener(change);
  }

  function forget(change: TagChange, tags: ProjectTags): void {
    tags.done.value = tags.done.value.filter((item) => item !== change);
  }

  /** Saves a change after those before it, and remembers it for undo. */
  function apply(change: TagChange): void {
    here.value.error.value = null;
    here.value.done.value = [...here.value.done.value.slice(1 - MOST_UNDO), change];
    send(change);
  }

  /** The opposite, which is on its way now; null when the change is undone already, was refused or is another project's. */
  function undo(change: TagChange | undefined = here.value.done.value.at(-1)): TagChange | null {
    if (change === undefined || !here.value.done.value.includes(change)) return null;
    forget(change, here.value);
    const back = opposite(change);
    send(back);
    return back;
  }

  /** Calls `listener` for each change that the core refused and that is taken back; returns the function that ends it. */
  function onRefused(listener: (change: TagChange) => void): () => void {
    refusals.add(listener);
    return () => refusals.delete(listener);
  }

  return {
    apply,
    undo,
    onRefused,
    /** The image with what is not saved yet. */
    over: (image: ImageSummary): ImageSummary => here.value.pending.over(image),
    canUndo: computed(() => here.value.done.value.length > 0),
    error: computed(() => here.value.error.value),
    /** Changes are kept while the core is away. */
    isWaiting: computed(() => here.value.isWaiting.value),
  };
});
