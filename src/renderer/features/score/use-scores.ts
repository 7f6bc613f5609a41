import { computed, ref, watch, type Ref } from 'vue';
import { runs as runCalls, scores } from '#shared/contract/index.ts';
import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import { call } from '#renderer/api/client.ts';
import { useLoading } from '#renderer/composables/use-loading.ts';
import { useRuns } from '#renderer/stores/runs.ts';
import { strings } from '#renderer/strings/index.ts';
import { dateTime } from '#renderer/ui/format.ts';

/** The scores of a run; `table` null where it has none. */
interface RunScores {
  readonly runId: string;
  readonly table: ScoreTable;
}

export interface RunChoice {
  readonly runId: string;
  readonly title: string;
}

const hasScores = (run: RunSummary): boolean => run.steps.some(({ stage, artifact }) => stage === 'score' && artifact !== null);
const isOver = (run: RunSummary): boolean => FINAL_RUN_STATES.includes(run.state);

/** Runs with scores, newest first, each followed by the scorings made of it later. */
export function runChoices(runs: readonly RunSummary[]): RunChoice[] {
  const { runName, again, newest } = strings.score;
  const scorings = (id: string): RunSummary[] => runs.filter((run) => run.scoringOf === id && hasScores(run));
  return runs
    .filter((run) => run.scoringOf === null && (hasScores(run) || scorings(run.id).length > 0))
    .flatMap((run) => {
      const later = scorings(run.id);
      const name = runName(run.recipe, run.preset, run.seed, dateTime(run.createdAt));
      return [
        { runId: run.id, title: later.length === 0 ? name : `${name} ${newest}` },
        ...later.map((scoring) => ({ runId: scoring.id, title: again(dateTime(scoring.createdAt)) })),
      ];
    });
}

async function scoresOf(runId: string, signal: AbortSignal): Promise<RunScores | 'none'> {
  try {
    return await call(scores.getScores, runId === '' ? {} : { runId }, { signal });
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'ARTIFACT_NOT_FOUND') return 'none';
    throw thrown;
  }
}

/** Score table of the run in `runId` ('' = the newest with scores), reloaded when a scoring of it ends. */
export function useScoreTable(runId: Ref<string>) {
  const runs = useRuns();
  const loading = useLoading((signal) => scoresOf(runId.value, signal));
  const scored = computed(() => runs.all.filter(hasScores).map(({ id }) => id).join(' '));
  watch([runId, scored], () => void loading.load(), { immediate: true });
  const found = computed(() => (loading.value.value === null || loading.value.value === 'none' ? null : loading.value.value));
  return { ...loading, found, hasNone: computed(() => loading.value.value === 'none') };
}

/** Scores of the run in `runId` to compare with ('' = none). While they load, or when they cannot be had, those of the run before do not stand in their place. */
export function useOtherScores(runId: Ref<string>) {
  const { value, error, load } = useLoading(async (signal) => {
    const asked = runId.value;
    return { asked, found: asked === '' ? 'none' : await scoresOf(asked, signal) };
  });
  watch(runId, () => void load(), { immediate: true });
  const found = computed(() => (value.value?.asked === runId.value ? value.value.found : null));
  return {
    table: computed(() => (found.value === null || found.value === 'none' ? null : found.value.table)),
    isGone: computed(() => runId.value !== '' && found.value === 'none'),
    error,
    load,
  };
}

/** Scoring now: starts it, follows it, also when it was started elsewhere. `runId` '' = the newest finished run. */
export function useScoreNow(runId: Ref<string>) {
  const runs = useRuns();
  const error = ref<ErrorValue | null>(null);
  const isStarting = ref(false);
  const started = ref<string | null>(null);

  const base = computed(() => {
    const run = runs.byId.get(runId.value);
    return run?.scoringOf ?? run?.id ?? null;
  });
  const going = computed(() => runs.all.find((run) => run.scoringOf !== null && !isOver(run) && (base.value === null || run.scoringOf === base.value)) ?? null);
  const canScore = computed(() => runs.all.some((run) => run.state === 'done' && run.scoringOf === null));
  watch(
    () => (started.value === null ? null : runs.byId.get(started.value)),
    (run) => {
      if (run?.state === 'failed') error.value = run.error;
    },
  );

  watch(runId, () => (error.value = null));

  async function start(): Promise<void> {
    isStarting.value = true;
    error.value = null;
    try {
      const run = await call(scores.startScore, base.value === null ? {} : { runId: base.value });
      started.value = run.id;
      runs.byId.set(run.id, run);
    } catch (thrown) {
      error.value = toErrorValue(thrown);
    }
    isStarting.value = false;
  }

  async function stop(): Promise<void> {
    const run = going.value;
    if (run === null) return;
    try {
      await call(runCalls.cancelRun, { runId: run.id });
    } catch (thrown) {
      error.value = toErrorValue(thrown);
    }
  }

  return { error, isStarting, going, canScore, start, stop };
}

export type ScoreNow = ReturnType<typeof useScoreNow>;
