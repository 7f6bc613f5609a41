import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { exports as contract } from '#shared/contract/index.ts';
import type { CallInput, CallOutput } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '../api/client.ts';
import { useCoreEvent, useResync } from '../composables/use-core-events.ts';
import { useConnection } from './connection.ts';

export type ExportRequest = CallInput<typeof contract.previewExport>;

interface Draft {
  what: ExportRequest['what'];
  /** Empty: the newest run that is done. */
  runId: string;
  /** Empty: all images. */
  split: string;
  /** As typed; empty: the folder that is suggested. */
  target: string;
}

interface RunningExport {
  readonly state: 'running';
  readonly exportId: string;
  readonly request: ExportRequest;
  readonly startedMs: number;
  readonly done: number;
  readonly total: number;
  readonly isCancelling: boolean;
}

/** An export from when it was asked for until its outcome was seen. */
export type ExportJob =
  | RunningExport
  | { readonly state: 'done'; readonly request: ExportRequest; readonly written: CallOutput<typeof contract.startExport> }
  | { readonly state: 'cancelled'; readonly request: ExportRequest }
  | { readonly state: 'failed'; readonly request: ExportRequest; readonly error: ErrorValue };

/** What is to be exported, and the export that is under way: it goes on while the user is elsewhere, or reloads the page. */
export const useExports = defineStore('exports', () => {
  const draft = useSessionStorage<Draft>('penumbra.exportDraft', { what: 'corrected', runId: '', split: '', target: '' }, { mergeDefaults: true });
  /** Id of the export whose outcome was not seen yet. */
  const unseenId = useSessionStorage('penumbra.exportId', '');
  const job = shallowRef<ExportJob | null>(null);

  useCoreEvent('exports.progress', ({ exportId, done, total }) => {
    if (job.value?.state === 'running' && job.value.exportId === exportId) job.value = { ...job.value, done, total };
  });
  useResync(() => void find());
  if (useConnection().state === 'live') void find();

  /** Takes up the export that this window began before it was reloaded or cut off, or else one that nobody here has seen begin. */
  async function find(): Promise<void> {
    const { exports: known } = await call(contract.listExports, {}).catch(() => ({ exports: [] }));
    if (job.value !== null && job.value.state !== 'failed') return;
    const own = known.find(({ exportId }) => exportId === unseenId.value) ?? (job.value === null ? known.findLast(({ ended }) => !ended) : undefined);
    if (own !== undefined) await follow({ ...own, state: 'running', startedMs: Date.parse(own.startedAt), isCancelling: false });
  }

  async function start(request: ExportRequest): Promise<void> {
    if (job.value?.state === 'running') return;
    await follow({ state: 'running', exportId: crypto.randomUUID(), request, startedMs: Date.now(), done: 0, total: 0, isCancelling: false });
  }

  /** Shows an export until its answer is there; one that is known to the core is not begun again. */
  async function follow(running: RunningExport): Promise<void> {
    const { exportId, request } = running;
    unseenId.value = exportId;
    job.value = running;
    try {
      job.value = { state: 'done', request, written: await call(contract.startExport, { ...request, exportId }) };
    } catch (thrown) {
      const isCancelled = thrown instanceof PenumbraError && thrown.code === 'RUN_CANCELLED';
      job.value = isCancelled ? { state: 'cancelled', request } : { state: 'failed', request, error: toErrorValue(thrown) };
    }
  }

  /** The export ends by its own answer: cancelled, or done already. */
  async function cancel(): Promise<void> {
    if (job.value?.state !== 'running') return;
    const { exportId } = job.value;
    setCancelling(true);
    try {
      await call(contract.cancelExport, { exportId });
    } catch {
      // Nobody answers, or the export is over: what became of it, it says itself.
      setCancelling(false);
    }
  }

  function setCancelling(isCancelling: boolean): void {
    if (job.value?.state === 'running') job.value = { ...job.value, isCancelling };
  }

  function forget(): void {
    if (job.value?.state === 'running') return;
    job.value = null;
    unseenId.value = '';
  }

  return { draft, job, isRunning: computed(() => job.value?.state === 'running'), start, cancel, forget };
});
