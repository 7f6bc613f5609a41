import { defineStore } from 'pinia';
import { markRaw, ref, watch } from 'vue';
import { edits } from '#shared/contract/index.ts';
import type { EditState } from '#shared/contract/edits.ts';
import type { ErrorValue } from '#shared/errors.ts';
import { encodeGesture } from '#shared/mask/tile-diff.ts';
import { base64 } from '../api/base64.ts';
import { call } from '../api/client.ts';
import { useConnection } from './connection.ts';
import type { EditOperation } from './edit-queue/operation.ts';
import { EditQueue, type EditTransport } from './edit-queue/queue.ts';
import { useSaving } from './saving.ts';

const transport: EditTransport = {
  state: ({ projectId, imageId }) => call(edits.getEditState, { imageId }, { projectId }),
  send: (operation, expectedRevision) => {
    const { imageId, projectId } = operation;
    if (operation.kind === 'undo') return call(edits.undoGesture, { imageId, expectedRevision }, { projectId });
    if (operation.kind === 'redo') return call(edits.redoGesture, { imageId, expectedRevision }, { projectId });
    if (operation.kind === 'review') return call(edits.setReview, { imageId, review: operation.review }, { projectId });
    const { base, tool, clientGestureId } = operation;
    const diff = base64(encodeGesture(operation.size, operation.diffs));
    return call(edits.commitGesture, { imageId, base, expectedRevision, tool, diff, clientGestureId }, { projectId });
  },
};

/** Corrections on their way to the disk. Lives as long as the window, so that leaving Fix or going to the next image loses nothing. */
export const useEditQueue = defineStore('edit-queue', () => {
  const connection = useConnection();
  const saving = useSaving();
  /** Grows whenever the queue changes; what is computed from the queue reads it. */
  const version = ref(0);
  const trouble = ref<ErrorValue | null>(null);
  const landings = new Set<(operation: EditOperation, state: EditState) => void>();

  const queue = new EditQueue(
    transport,
    {
      changed: () => {
        version.value += 1;
        trouble.value = queue.trouble;
      },
      landed: (operation, state) => {
        saving.landed(new Date());
        for (const listener of landings) listener(operation, state);
      },
    },
    () => connection.projectId,
    (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  );
  watch(
    () => connection.state,
    (state) => {
      if (state === 'live') queue.kick();
    },
  );

  function add(operation: EditOperation): void {
    saving.begin();
    queue.add(operation);
  }

  /** What stuck, taken out: to be added again in another form, or let go by the user's choice. */
  function takeStuck(imageId: string): readonly EditOperation[] {
    const operations = queue.takeStuck(imageId);
    for (let index = 0; index < operations.length; index++) saving.dropped();
    return operations;
  }

  /** Calls `listener` for each operation on disk; returns the function that ends it. */
  function onLanded(listener: (operation: EditOperation, state: EditState) => void): () => void {
    landings.add(listener);
    return () => landings.delete(listener);
  }

  return { version, trouble, queue: markRaw(queue), add, takeStuck, onLanded };
});
