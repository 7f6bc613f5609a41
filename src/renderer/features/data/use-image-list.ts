import { computed, shallowReactive, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { call } from '#renderer/api/client.ts';
import { useCoreEvent, useResync } from '#renderer/composables/use-core-events.ts';
import { useLoading, type Loading } from '#renderer/composables/use-loading.ts';
import { dataset } from '#shared/contract/index.ts';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import type { Filter } from './filter-query.ts';
import { orderOf, type Order } from './selection.ts';

const PAGE = 200;
/** A list that is made anew while it is read, such as by an import, is read again this often. */
const MOST_TRIES = 3;

export interface ImageList {
  readonly order: ShallowRef<Order>;
  /** What has been fetched, by id. */
  readonly summaries: ReadonlyMap<ImageId, ImageSummary>;
  readonly error: Loading<unknown>['error'];
  readonly isFirst: ComputedRef<boolean>;
  readonly isLoading: Loading<unknown>['isLoading'];
  readonly load: () => Promise<void>;
  /** Fetches what is not there yet of the images from index `from` to before `to`. */
  readonly ensure: (from: number, to: number) => void;
  /** Waits until the summaries of these images are there, each as new as the list; false when not all can be fetched. */
  readonly ensureAll: (ids: readonly ImageId[]) => Promise<boolean>;
  /** Takes newer summaries; the order stays, so that nothing jumps away under the hand that changes it. */
  readonly patch: (images: readonly ImageSummary[]) => void;
}

/**
 * Images under a filter: all ids at once, their summaries by pages as they come into view. `overlay` lays over what is fetched what
 * the user has changed and the core has not confirmed yet.
 */
export function useImageList(filter: () => Filter, overlay: (image: ImageSummary) => ImageSummary): ImageList {
  const order = shallowRef<Order>(orderOf([]));
  const summaries = shallowReactive(new Map<ImageId, ImageSummary>());
  /** Pages of this list that are fetched, or on their way. Summaries of others are what an older list said. */
  const pages = new Map<number, Promise<void>>();
  let inView: readonly [from: number, to: number] = [0, 0];
  let generation = 0;

  const loading = useLoading(async (signal) => {
    const asked = filter();
    const [{ ids }, first] = await Promise.all([
      call(dataset.listImageIds, { filter: asked }, { signal }),
      call(dataset.listImages, { filter: asked, offset: 0, limit: PAGE }, { signal }),
    ]);
    generation += 1;
    pages.clear();
    pages.set(0, Promise.resolve());
    patch(first.images);
    // The same images in the same order stay where they are.
    if (ids.length !== order.value.ids.length || ids.some((id, index) => id !== order.value.ids[index])) order.value = orderOf(ids);
    ensure(...inView);
    return ids.length;
  });

  function patch(images: readonly ImageSummary[]): void {
    for (const image of images) summaries.set(image.id, overlay(image));
  }

  function ensure(from: number, to: number): void {
    inView = [from, to];
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.min(to, order.value.ids.length); page++) {
      if (!pages.has(page)) void fetchPage(page);
    }
  }

  async function ensureAll(wanted: readonly ImageId[]): Promise<boolean> {
    const pagesOf = (): Set<number> => new Set(wanted.map((id) => Math.floor((order.value.indexOf.get(id) ?? 0) / PAGE)));
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const own = generation;
      for (const page of pagesOf()) await (pages.get(page) ?? fetchPage(page));
      if (own === generation) return [...pagesOf()].every((page) => pages.has(page)) && wanted.every((id) => summaries.has(id));
    }
    return false;
  }

  function fetchPage(page: number): Promise<void> {
    const own = generation;
    const fetched = call(dataset.listImages, { filter: filter(), offset: page * PAGE, limit: PAGE }).then(
      async ({ images, total }) => {
        if (own !== generation) return;
        patch(images);
        // Images left or joined the filter since: pages no longer stand where the ids say.
        if (total !== order.value.ids.length) await loading.load();
      },
      () => {
        // Shown as not loaded; asked for again when it is scrolled to, or at the next connection.
        if (own === generation) pages.delete(page);
      },
    );
    pages.set(page, fetched);
    return fetched;
  }

  watch(filter, () => void loading.load(), { deep: true });
  useResync(() => void loading.load());
  useCoreEvent('dataset.imagesChanged', ({ images }) => patch(images.filter(({ id }) => summaries.has(id))));
  useCoreEvent('edits.changed', ({ imageId, review, gestures }) => {
    const known = summaries.get(imageId);
    if (known !== undefined) patch([{ ...known, review, edited: gestures > 0 }]);
  });

  return { order, summaries, error: loading.error, isFirst: computed(() => loading.isFirst.value), isLoading: loading.isLoading, load: loading.load, ensure, ensureAll, patch };
}
