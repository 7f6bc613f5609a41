import { dataset, runs } from '#shared/contract/index.ts';
import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { startCore, type Core, type CoreOptions } from '#main/core.ts';

/** URL of the recipes of tests/support/api-recipes.ts. */
export const apiRecipes = new URL('./api-recipes.ts', import.meta.url).href;

/** A core in this process that checks its own answers against the contract and runs the recipes above. */
export function startTestCore(dir: string, options: Pick<CoreOptions, 'sweepCopiesAfterMs'> = {}): Promise<Core> {
  return startCore(dir, { strict: true, runs: { recipeModule: apiRecipes }, ...options });
}

export const clientOf = (core: Core): Client => createClient({ socketPath: core.socketPath });

export async function importTiny(client: Client, root: string): Promise<void> {
  await client.call(dataset.importDataset, { root, tags: { kind: 'csv', file: 'labels.csv' } });
}

/** Runs the recipe `tiny` to its end. */
export async function runTiny(client: Client): Promise<RunSummary> {
  const { id } = await client.call(runs.startRun, { recipe: 'tiny' });
  const run = await untilEnded(client, id);
  if (run.state !== 'done') throw new Error(`run ended as ${run.state}: ${run.error?.message ?? ''}`);
  return run;
}

export async function untilEnded(client: Client, runId: string): Promise<RunSummary> {
  for (;;) {
    const run = await client.call(runs.getRun, { runId });
    if (FINAL_RUN_STATES.includes(run.state)) return run;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** The artifact a step of a run made. */
export function artifactOf(run: RunSummary, step: string): string {
  const key = run.steps.find((item) => item.step === step)?.artifact;
  if (key === null || key === undefined) throw new Error(`step ${step} made nothing`);
  return key;
}
