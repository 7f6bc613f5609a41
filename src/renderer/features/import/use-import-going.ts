import { useTimeoutFn } from '@vueuse/core';
import { shallowRef, type ShallowRef } from 'vue';
import type { EventPayload } from '#shared/contract/define.ts';
import type { dataset } from '#shared/contract/index.ts';
import { useCoreEvent, useResync } from '#renderer/composables/use-core-events.ts';

type Progress = EventPayload<typeof dataset.importProgress>;

/** The core tells of every file; an import of which nothing was heard for so long has failed, or was cancelled elsewhere. */
const SILENCE_MS = 15_000;

/** An import into the open project that this page did not begin, or no longer shows: null while none is going. */
export function useImportGoing(): { going: ShallowRef<Progress | null>; ended: () => void } {
  const going = shallowRef<Progress | null>(null);
  const ended = (): void => void (going.value = null);
  const silence = useTimeoutFn(ended, SILENCE_MS, { immediate: false });
  useCoreEvent('dataset.importProgress', (progress) => {
    going.value = progress;
    silence.start();
  });
  useCoreEvent('project.changed', ended);
  useResync(ended);
  return { going, ended };
}
