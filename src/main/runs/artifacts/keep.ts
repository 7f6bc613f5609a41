import type { RunSummary } from '#shared/domain/run.ts';
import { allRuns } from '../find-runs.ts';
import type { RunProject, StoredOrder } from '../ports.ts';
import { ownerIsAlive } from './owner.ts';
import type { FileArtifactStore } from './store.ts';

/** What reclaiming would delete, or has deleted. */
export interface Reclaimed {
  readonly keys: string[];
  readonly bytes: number;
}

/**
 * Runs whose artifacts are kept: those that wait or run; those done, except scoring runs that a newer one of the same run replaced;
 * and those stopped or failed as long as no later run of the same recipe is done, since they may be resumed.
 */
export function keptRuns(newestFirst: readonly RunSummary[]): RunSummary[] {
  const doneRecipes = new Set<string>();
  const scored = new Set<string>();
  return newestFirst.filter((run) => {
    const scope = run.scoringOf === null ? `recipe ${run.recipe}` : `scores ${run.scoringOf}`;
    switch (run.state) {
      case 'queued':
      case 'running':
        return true;
      case 'done':
        doneRecipes.add(scope);
        if (run.scoringOf === null) return true;
        if (scored.has(run.scoringOf)) return false;
        scored.add(run.scoringOf);
        return true;
      case 'failed':
      case 'cancelled':
      case 'interrupted':
        return !doneRecipes.has(scope);
    }
  });
}

/**
 * Keys that may not go: of kept runs, given to them, pinned, under corrections, figures (they are small), and whatever was imported.
 * While a run waits or runs it may reuse any artifact, so all stay.
 */
function neededKeys(project: RunProject, kept: readonly RunSummary[], orderOf: (runId: string) => StoredOrder | null): Set<string> {
  const needed = new Set<string>(project.editBases());
  for (const run of kept) {
    for (const step of run.steps) if (step.artifact !== null) needed.add(step.artifact);
    for (const key of Object.values(orderOf(run.id)?.given ?? {})) needed.add(key);
  }
  const active = kept.some((run) => run.state === 'queued' || run.state === 'running');
  for (const { manifest, pinned } of project.artifacts.list({})) {
    if (active || pinned || manifest.kind === 'metrics' || manifest.stage === 'imported') needed.add(manifest.key);
  }
  return needed;
}

/** Deletes artifacts that nothing needs, staging of runs that are not kept, and what was set aside; with `dryRun` only lists them. */
export async function reclaim(project: RunProject, store: FileArtifactStore, dryRun: boolean): Promise<Reclaimed> {
  const kept = keptRuns(allRuns(project.runs));
  const needed = neededKeys(project, kept, (runId) => project.runs.order(runId));
  const keys: string[] = [];
  let bytes = 0;
  for (const { manifest } of project.artifacts.list({})) {
    if (needed.has(manifest.key)) continue;
    keys.push(manifest.key);
    bytes += artifactBytes(manifest);
    if (dryRun) continue;
    // Folder first: an index row without folder is dropped at the next start, a folder without row would be taken in again.
    await store.delete(manifest.key);
    project.artifacts.delete(manifest.key);
  }
  for (const key of await sweptStaging(store, kept)) {
    keys.push(key);
    bytes += await store.stagedBytes(key);
    if (!dryRun) await store.deleteStaged(key);
  }
  for (const aside of await store.damaged()) {
    keys.push(aside.key);
    bytes += aside.bytes;
    if (!dryRun) await store.deleteDamaged(aside.key);
  }
  return { keys: [...new Set(keys)], bytes };
}

/** Drops staging that no kept run will resume. Called at start and after each run. */
export async function sweepStaging(project: RunProject, store: FileArtifactStore): Promise<void> {
  for (const key of await sweptStaging(store, keptRuns(allRuns(project.runs)))) await store.deleteStaged(key);
}

async function sweptStaging(store: FileArtifactStore, kept: readonly RunSummary[]): Promise<string[]> {
  const unfinished = new Set(kept.filter((run) => run.state !== 'done').map((run) => run.id));
  const staged = await store.staged();
  return staged.filter(({ owner }) => owner === null || (!ownerIsAlive(owner) && !unfinished.has(owner.runId))).map(({ key }) => key);
}

/** Brings the index in line with the folders, which are the truth: a kill may have come between folder and index. */
export async function reconcileIndex(project: RunProject, store: FileArtifactStore): Promise<void> {
  const sealed = await store.sealedKeys();
  const indexed = new Set(project.artifacts.list({}).map(({ manifest }) => manifest.key));
  for (const key of sealed) {
    if (indexed.has(key)) continue;
    const reader = await store.open(key).catch(() => null); // a damaged one shows when it is next used
    if (reader !== null) project.artifacts.insert(reader.manifest);
  }
  const present = new Set(sealed);
  for (const key of indexed) if (!present.has(key)) project.artifacts.delete(key);
}

export function artifactBytes(manifest: { readonly files: readonly { readonly bytes: number }[] }): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}
