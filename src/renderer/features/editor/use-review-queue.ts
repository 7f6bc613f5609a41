import { computed, ref, shallowRef, watch, type Ref } from 'vue';
import { dataset } from '#shared/contract/index.ts';
import type { ImageFilter } from '#shared/contract/dataset.ts';
import type * as z from 'zod';
import { call } from '#renderer/api/client.ts';
import { useResync } from '#renderer/composables/use-core-events.ts';
import { useLoading } from '#renderer/composables/use-loading.ts';

export type QueueKind = 'unreviewed' | 'flagged' | 'edited' | 'all';
export const QUEUE_KINDS: readonly QueueKind[] = ['unreviewed', 'flagged', 'edited', 'all'];

const FILTERS: Readonly<Record<QueueKind, z.input<typeof ImageFilter>>> = {
  unreviewed: { review: 'unreviewed' },
  flagged: { review: 'flagged' },
  edited: { edited: true },
  all: {},
};

/**
 * The images to go through, in order. The list is taken once and stays as it is while it is worked on, so that an image which no
 * longer fits the filter can still be gone back to.
 */
export function useReviewQueue(imageId: Ref<string | undefined>) {
  const kind = ref<QueueKind>('unreviewed');
  /** Images decided on since the list was taken. */
  const decided = shallowRef<ReadonlySet<string>>(new Set());
  const { value, error, isFirst, load } = useLoading(async (signal) => {
    const { ids } = await call(dataset.listImageIds, { filter: FILTERS[kind.value] }, { signal });
    decided.value = new Set();
    return ids;
  });
  useResync(() => void load());
  watch(kind, () => void load(), { immediate: true });

  const ids = computed<readonly string[]>(() => value.value ?? []);
  /** -1 when the image shown is not in the list. */
  const position = computed(() => ids.value.indexOf(imageId.value ?? ''));
  const nextId = computed(() => ids.value[position.value + 1] ?? null);
  const previousId = computed(() => (position.value > 0 ? (ids.value[position.value - 1] ?? null) : null));
  const left = computed(() => ids.value.filter((id) => !decided.value.has(id)).length);

  function markDecided(id: string): void {
    decided.value = new Set(decided.value).add(id);
  }

  return { kind, ids, decided, position, nextId, previousId, left, error, isFirst, load, markDecided };
}

export type ReviewQueue = ReturnType<typeof useReviewQueue>;
