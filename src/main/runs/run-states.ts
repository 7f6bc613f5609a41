import { randomInt } from 'node:crypto';
import type { RunSummary, StepStatus } from '#shared/domain/run.ts';
import { planRun } from '#main/ml/pipeline/graph.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import { deviceOf } from './device.ts';
import type { StoredOrder } from './ports.ts';
import type { RunRequest } from './run-service.ts';

/** A run that waits for its turn, with none of its steps begun. */
export function newRun(recipe: Recipe, request: RunRequest, part: Pick<StoredOrder, 'given' | 'only'>, scoringOf: string | null, at: string): RunSummary {
  const { steps } = planRun(recipe, part.given, part.only);
  const usesTensors = steps.some(({ name, given }) => given === null && recipe.steps[name]?.stage.usesTensors === true);
  return {
    id: `run_${Array.from({ length: 12 }, () => randomInt(36).toString(36)).join('')}`,
    recipe: request.recipe,
    preset: request.preset,
    overrides: request.overrides,
    seed: request.seed,
    state: 'queued',
    steps: steps.map(({ name }) => waiting(name, recipe.steps[name]?.stage.id ?? '')),
    createdAt: at,
    startedAt: null,
    endedAt: null,
    backend: null,
    device: usesTensors ? deviceOf(request.backend) : 'cpu',
    error: null,
    scoringOf,
  };
}

/** A run that ended before it was done, back in the queue: steps that made no artifact begin anew. */
export function queuedAgain(run: RunSummary): RunSummary {
  const steps = run.steps.map((step) => (step.artifact === null ? waiting(step.step, step.stage) : step));
  return { ...run, state: 'queued', endedAt: null, error: null, steps };
}

/** What a run is whose core died while it ran. */
export function interrupted(run: RunSummary, at: string): RunSummary {
  const steps = run.steps.map((step) => (step.state === 'running' ? ({ ...step, state: 'interrupted', endedAt: at, etaSeconds: null } as const) : step));
  return { ...run, state: 'interrupted', steps, endedAt: at };
}

function waiting(step: string, stage: string): StepStatus {
  return { step, stage, state: 'waiting', done: 0, total: 0, unit: '', etaSeconds: null, startedAt: null, endedAt: null, artifact: null };
}
