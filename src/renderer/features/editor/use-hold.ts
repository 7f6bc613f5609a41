import { useEventListener, useIntervalFn } from '@vueuse/core';
import { nextTick, onScopeDispose, ref, watch, type Ref } from 'vue';
import { edits } from '#shared/contract/index.ts';
import { call } from '#renderer/api/client.ts';
import { useCoreEvent } from '#renderer/composables/use-core-events.ts';
import { useEditQueue } from '#renderer/stores/edit-queue.ts';

/** A lease lasts 15 s; renewed three times in that time, one lost request does not end it. */
const RENEW_MS = 5000;

/** This window, as other windows see it. Chosen anew at each load: what the last page held it has given back, or it ends by itself. */
const HOLDER = crypto.randomUUID();

/** Holds the image shown, so that no second window paints on it. True while another window has it. */
export function useHold(imageId: Ref<string | undefined>): { isHeldElsewhere: Ref<boolean> } {
  const queue = useEditQueue();
  const isHeldElsewhere = ref(false);

  async function renew(): Promise<void> {
    const id = imageId.value;
    if (id === undefined) return;
    try {
      const { held } = await call(edits.holdImage, { imageId: id, holder: HOLDER });
      if (imageId.value === id) isHeldElsewhere.value = !held;
      else await call(edits.releaseImage, { imageId: id, holder: HOLDER });
    } catch {
      // While the core is away nobody else can paint either; its answer decides once it is back.
    }
  }

  /** Only once everything is on disk: whoever comes next starts from it. */
  async function release(id: string): Promise<void> {
    // The stroke under way ends as the image is left, in the same turn: only then is it known to wait.
    await nextTick();
    await queue.queue.settled(id);
    if (imageId.value === id) return;
    await call(edits.releaseImage, { imageId: id, holder: HOLDER }).catch(() => undefined);
  }

  watch(
    imageId,
    (_, before) => {
      isHeldElsewhere.value = false;
      if (before !== undefined) void release(before);
      void renew();
    },
    { immediate: true },
  );
  useIntervalFn(() => void renew(), RENEW_MS);
  useCoreEvent('edits.holdChanged', (hold) => {
    if (hold.imageId === imageId.value && hold.by !== HOLDER) void renew();
  });
  useEventListener(window, 'pagehide', () => {
    if (imageId.value !== undefined) void call(edits.releaseImage, { imageId: imageId.value, holder: HOLDER }, { keepalive: true }).catch(() => undefined);
  });
  onScopeDispose(() => {
    const id = imageId.value;
    if (id === undefined) return;
    void queue.queue.settled(id).then(() => call(edits.releaseImage, { imageId: id, holder: HOLDER }).catch(() => undefined));
  });

  return { isHeldElsewhere };
}
