import type { RunSummary } from '#shared/domain/run.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import { openRunService } from '#main/runs/project-runs.ts';
import type { RunRequest, RunService } from '#main/runs/run-service.ts';
import type { RunSettings } from '#main/runs/settings.ts';
import { fakeRecipes, type MemoryRunProject } from './run-project.ts';

/** A service over fake recipes, with a trainer environment that a test may change between runs. */
export async function openFakeRuns(
  project: MemoryRunProject,
  settings: Partial<RunSettings> = {},
): Promise<{ service: RunService; trainerEnv: Record<string, string> }> {
  const trainerEnv: Record<string, string> = {};
  const service = await openRunService({
    project,
    settings,
    recipeModule: fakeRecipes,
    trainerEnv,
    onBackgroundError: (error) => {
      throw error;
    },
  });
  return { service, trainerEnv };
}

export function request(recipe: string, overrides: RunRequest['overrides'] = {}, seed = 7): RunRequest {
  return { recipe, preset: 'quick', overrides, seed, backend: 'auto' };
}

export async function runToEnd(service: RunService, order: RunRequest): Promise<RunSummary> {
  return service.finished((await service.start(order)).id);
}

/** Names and sha256 of every file of every step of a run: equal means identical bytes. */
export function outputHashes(
  service: RunService,
  run: RunSummary,
): Record<string, readonly Pick<ArtifactManifest['files'][number], 'name' | 'sha256'>[]> {
  return Object.fromEntries(
    run.steps.map(({ step }) => [step, service.stepArtifact(run.id, step).files.map(({ name, sha256 }) => ({ name, sha256 }))]),
  );
}

/** Resolves with the trainer's pid when a fake stage has logged it; `after` skips pids seen before. */
export async function trainerPid(service: RunService, runId: string, after: ReadonlySet<number> = new Set()): Promise<number> {
  for (;;) {
    const { lines } = await service.log({ runId, afterLine: 0, limit: 10_000 });
    const pids = lines.flatMap((line) => Number(/^pid (\d+)/.exec(line.message)?.[1] ?? 0) || []);
    const pid = pids.findLast((item) => !after.has(item));
    if (pid !== undefined) return pid;
    await pause(20);
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
