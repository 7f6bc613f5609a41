import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { runs as contract } from '#shared/contract/index.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { call } from '../api/client.ts';
import { useCoreEvent, useResync } from '../composables/use-core-events.ts';
import { useLoading } from '../composables/use-loading.ts';

const NEWEST = 200;

/** Runs of the open project, newest first, kept current by events. */
export const useRuns = defineStore('runs', () => {
  const byId = ref(new Map<string, RunSummary>());
  const { error, isFirst, load } = useLoading(async (signal) => {
    const { runs } = await call(contract.listRuns, { limit: NEWEST }, { signal });
    byId.value = new Map(runs.map((run) => [run.id, run]));
    return runs.length;
  });
  useResync(() => void load());
  useCoreEvent('runs.changed', (run) => byId.value.set(run.id, run));

  const all = computed(() => [...byId.value.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)));
  const running = computed(() => all.value.filter((run) => run.state === 'running'));
  const queued = computed(() => all.value.filter((run) => run.state === 'queued').reverse());

  return { all, byId, running, queued, error, isFirst, load };
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
