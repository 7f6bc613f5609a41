import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { exports as contract } from '#shared/contract/index.ts';
import type { CallInput, CallOutput } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '../api/client.ts';
import { useCoreEvent } from '../composables/use-core-events.ts';

export type ExportRequest = CallInput<typeof contract.startExport>;

interface Draft {
  what: ExportRequest['what'];
  /** Empty: the newest run that is done. */
  runId: string;
  /** Empty: all images. */
  split: string;
  /** As typed; empty: the folder that is suggested. */
  target: string;
}

/** An export from when it was asked for until its outcome was seen. */
export type ExportJob =
  | { readonly state: 'running'; readonly request: ExportRequest; readonly startedMs: number; readonly done: number; readonly total: number; readonly isCancelling: boolean }
  | { readonly state: 'done'; readonly request: ExportRequest; readonly written: CallOutput<typeof contract.startExport> }
  | { readonly state: 'cancelled'; readonly request: ExportRequest }
  | { readonly state: 'failed'; readonly request: ExportRequest; readonly error: ErrorValue };

/** What is to be exported, and the export that is under way: it goes on while the user is elsewhere. */
export const useExports = defineStore('exports', () => {
  const draft = useSessionStorage<Draft>('penumbra.exportDraft', { what: 'corrected', runId: '', split: '', target: '' }, { mergeDefaults: true });
  const job = shallowRef<ExportJob | null>(null);

  useCoreEvent('exports.progress', ({ done, total }) => {
    if (job.value?.state === 'running') job.value = { ...job.value, done, total };
  });

  async function start(request: ExportRequest): Promise<void> {
    if (job.value?.state === 'running') return;
    job.value = { state: 'running', request, startedMs: Date.now(), done: 0, total: 0, isCancelling: false };
    try {
      job.value = { state: 'done', request, written: await call(contract.startExport, request) };
    } catch (thrown) {
      const isCancelled = thrown instanceof PenumbraError && thrown.code === 'RUN_CANCELLED';
      job.value = isCancelled ? { state: 'cancelled', request } : { state: 'failed', request, error: toErrorValue(thrown) };
    }
  }

  /** The export ends by its own answer: cancelled, or done already. */
  async function cancel(): Promise<void> {
    setCancelling(true);
    try {
      await call(contract.cancelExport, {});
    } catch {
      // Nobody answers, or the export is over: what became of it, it says itself.
      setCancelling(false);
    }
  }

  function setCancelling(isCancelling: boolean): void {
    if (job.value?.state === 'running') job.value = { ...job.value, isCancelling };
  }

  function forget(): void {
    if (job.value?.state !== 'running') job.value = null;
  }

  return { draft, job, isRunning: computed(() => job.value?.state === 'running'), start, cancel, forget };
});
