import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { runs as contract } from '#shared/contract/index.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { PenumbraError } from '#shared/errors.ts';
import { call } from '../api/client.ts';
import { useCoreEvent, useResync } from '../composables/use-core-events.ts';
import { useLoading } from '../composables/use-loading.ts';

const NEWEST = 200;

/** Runs of the open project, newest first, kept current by events. */
export const useRuns = defineStore('runs', () => {
  const byId = ref(new Map<string, RunSummary>());
  /** What events said since a list was asked for: what the list says of these runs may be older. */
  const told = new Map<string, RunSummary>();
  /** Runs of the project, listed or not. */
  const total = ref(0);
  const { error, isFirst, load } = useLoading(async (signal) => {
    told.clear();
    const { runs, total: counted } = await call(contract.listRuns, { limit: NEWEST }, { signal });
    total.value = counted;
    byId.value = new Map([...runs.map((run) => [run.id, run] as const), ...told]);
    return runs.length;
  });
  useResync(() => void load());
  useCoreEvent('runs.changed', (run) => {
    // Not one that is only older than those listed.
    if (!byId.value.has(run.id) && run.createdAt >= (all.value[0]?.createdAt ?? '')) total.value += 1;
    told.set(run.id, run);
    byId.value.set(run.id, run);
  });

  /** Fetches a run that is older than those listed. Ids of runs that there are not are `missing`. */
  const missing = ref(new Set<string>());
  async function find(runId: string): Promise<void> {
    try {
      const run = await call(contract.getRun, { runId });
      told.set(run.id, run);
      byId.value.set(run.id, run);
    } catch (thrown) {
      // When nobody answers, the next list is the occasion to ask again.
      if (!(thrown instanceof PenumbraError) || thrown.code === 'RUN_NOT_FOUND' || thrown.code === 'BAD_REQUEST') missing.value.add(runId);
    }
  }

  const all = computed(() => [...byId.value.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)));
  const running = computed(() => all.value.filter((run) => run.state === 'running'));
  const ended = computed(() => all.value.filter((run) => run.state !== 'running' && run.state !== 'queued'));

  /** Ids of queued runs in their order; runs that were queued since stand behind. */
  const order = ref<readonly string[]>([]);
  const { load: loadOrder } = useLoading(async (signal) => keepOrder((await call(contract.runQueue, {}, { signal })).queue));
  useResync(() => void loadOrder());
  const queued = computed(() => {
    const place = (run: RunSummary): number => {
      const at = order.value.indexOf(run.id);
      return at < 0 ? order.value.length : at;
    };
    return all.value
      .filter((run) => run.state === 'queued')
      .reverse()
      .sort((a, b) => place(a) - place(b));
  });
  // Another window may have moved runs, and a resumed one goes to the end.
  watch(() => queued.value.map((run) => run.id).sort().join(), () => void loadOrder());

  function keepOrder(queue: readonly RunSummary[]): void {
    order.value = queue.map((run) => run.id);
  }

  /** Moves a queued run before another, or to the end. */
  async function move(runId: string, before: string | null): Promise<void> {
    const rest = queued.value.map((run) => run.id).filter((id) => id !== runId);
    const at = before === null ? rest.length : rest.indexOf(before);
    // Shown at once; what the core answers holds.
    order.value = [...rest.slice(0, at), runId, ...rest.slice(at)];
    try {
      keepOrder((await call(contract.moveRun, { runId, before })).queue);
    } catch (thrown) {
      void loadOrder();
      throw thrown;
    }
  }

  return { all, total, byId, missing, running, queued, ended, error, isFirst, load, find, move };
});

/** The step that a run is at, or null. */
export function currentStep(run: RunSummary): RunSummary['steps'][number] | null {
  return run.steps.find((step) => step.state === 'running') ?? null;
}

/** Steps done, with the part of the running one, over all steps: 0..1. A measure of place, not of time. */
export function runProgress(run: RunSummary): number {
  if (run.steps.length === 0) return 0;
  const parts = run.steps.map((step) => {
    if (step.state === 'done' || step.state === 'reused') return 1;
    return step.state === 'running' && step.total > 0 ? Math.min(1, step.done / step.total) : 0;
  });
  return parts.reduce((sum, part) => sum + part, 0) / run.steps.length;
}
