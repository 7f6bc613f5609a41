import type { RunSummary, StepStatus } from '#shared/domain/run.ts';
import type { DatasetSnapshot } from '#shared/domain/snapshot.ts';
import { deservesRetry } from '#main/ml/left-out.ts';
import { canonicalJson, keyedConfig } from '#main/ml/pipeline/keys.ts';
import { resolveConfigs, type ResolvedConfigs } from '#main/ml/pipeline/resolve.ts';
import type { Recipe, RecipeStep } from '#main/ml/recipe.ts';
import { deviceOf } from '../device.ts';
import { allRuns } from '../find-runs.ts';
import type { RunProject, SourceSnapshot } from '../ports.ts';
import type { RunRequest } from '../run-service.ts';
import { estimateRun, type EarlierStep, type Estimate, type WantedStep } from './estimate.ts';

/** Artifacts of a stage that are compared with what the run would make: a manifest names thousands of files. */
const LOOKED_AT = 3;

/** How long the run would take, judged by earlier runs of this project on the same device; null when that cannot be told. */
export async function estimateRequest(project: RunProject, recipes: readonly Recipe[], recipe: Recipe, request: RunRequest): Promise<Estimate | null> {
  const device = deviceOf(request.backend);
  const runs = allRuns(project.runs);
  const earlier = runs.flatMap((run) => earlierSteps(run, recipes, device));
  const wanted = await wantedSteps(project, runs, recipe, request);
  return estimateRun(wanted, earlier);
}

async function wantedSteps(project: RunProject, runs: readonly RunSummary[], recipe: Recipe, request: RunRequest): Promise<WantedStep[]> {
  const configs = resolveConfigs(recipe, request.preset, request.overrides);
  const snapshots = new Map<string, SourceSnapshot>();
  const made = new Map<string, string>(); // step name to the key of its artifact
  const wanted: WantedStep[] = [];
  for (const [name, step] of Object.entries(recipe.steps)) {
    const reads = [...step.stage.reads].sort();
    const snapshot = snapshots.get(reads.join(' ')) ?? (await project.snapshot(reads));
    snapshots.set(reads.join(' '), snapshot);
    const config = configs[name] ?? {};
    const key = sealedAlready({ project, runs, step, config, made, snapshot, seed: request.seed });
    if (key !== null) made.set(name, key);
    const units = unitsOf(config, snapshot.dataset);
    wanted.push({ recipe: recipe.id, preset: request.preset, step: name, stage: step.stage.id, config, units, reused: key !== null });
  }
  return wanted;
}

interface Search {
  readonly project: RunProject;
  readonly runs: readonly RunSummary[];
  readonly step: RecipeStep;
  readonly config: Readonly<Record<string, unknown>>;
  readonly made: ReadonlyMap<string, string>;
  readonly snapshot: SourceSnapshot;
  readonly seed: number;
}

/**
 * Key of the newest artifact that the step would find made already. Keys name the engine as well, which is known only when it is loaded;
 * so what is compared is what manifests say, and an artifact of another engine may be taken for one that will be found.
 */
function sealedAlready({ project, runs, step, config, made, snapshot, seed }: Search): string | null {
  const { stage } = step;
  const inputs: Record<string, string> = {};
  for (const [input, from] of Object.entries(step.from)) {
    const key = made.get(from);
    if (key === undefined) return null;
    inputs[input] = key;
  }
  const keys = new Set(runs.flatMap((run) => run.steps.flatMap(({ stage: id, artifact }) => (id === stage.id && artifact !== null ? [artifact] : []))));
  const wanted = canonicalJson({ version: stage.version, config: keyedConfig(stage.config, config), inputs, sources: snapshot.fingerprints });
  for (const key of [...keys].slice(0, LOOKED_AT)) {
    const manifest = project.artifacts.get(key)?.manifest;
    if (manifest === undefined || (stage.usesSeed !== false && manifest.seed !== seed) || deservesRetry(manifest, snapshot.dataset)) continue;
    const keyed = keyedConfig(stage.config, manifest.config);
    if (canonicalJson({ version: manifest.stageVersion, config: keyed, inputs: manifest.inputs, sources: manifest.sources }) === wanted) return key;
  }
  return null;
}

function earlierSteps(run: RunSummary, recipes: readonly Recipe[], device: string): EarlierStep[] {
  if (run.device !== device && run.scoringOf === null) return [];
  const recipe = recipes.find(({ id }) => id === run.recipe);
  const configs = recipe === undefined ? null : configsOf(recipe, run);
  return run.steps.flatMap((status) => {
    const seconds = secondsOf(status);
    if (seconds === null) return [];
    const config = configs?.[status.step] ?? null;
    // What the two count must be the same thing; else the time is taken as it is.
    const units = config !== null && status.unit === unitOf(config) ? status.total : 0;
    return [{ runId: run.id, recipe: run.recipe, preset: run.preset, step: status.step, stage: status.stage, config, seconds, units }];
  });
}

/** Null where the settings of an old run are none of this version. */
function configsOf(recipe: Recipe, run: RunSummary): ResolvedConfigs | null {
  try {
    return resolveConfigs(recipe, run.preset, run.overrides);
  } catch {
    return null;
  }
}

/** Null for steps that did not run to their end. One that was found made by a resumed run begins and ends at one moment. */
function secondsOf({ state, unit, startedAt, endedAt }: StepStatus): number | null {
  if (state !== 'done' || startedAt === null || endedAt === null || (startedAt === endedAt && unit === '')) return null;
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function unitOf({ epochs, batchSize }: Readonly<Record<string, unknown>>): 'steps' | 'images' {
  return typeof epochs === 'number' && typeof batchSize === 'number' ? 'steps' : 'images';
}

/** Optimiser steps of a stage that learns, else the photos it goes through. */
function unitsOf(config: Readonly<Record<string, unknown>>, { images }: DatasetSnapshot): number {
  const { split, splits, epochs, batchSize } = config;
  const through = typeof split === 'string' ? [split] : Array.isArray(splits) ? (splits as unknown[]) : null;
  const photos = through === null ? images.length : images.filter((image) => through.includes(image.split)).length;
  if (typeof epochs !== 'number' || typeof batchSize !== 'number') return photos;
  return epochs * Math.max(1, Math.floor(photos / batchSize));
}
