import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { Overrides, Preset } from '#shared/domain/run.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { Recipe, RecipeStep } from '../recipe.ts';
import { deservesRetry, leftOutOf } from '../left-out.ts';
import type { ArtifactReader } from '../stage.ts';
import { cancelled, stageContext } from './context.ts';
import { stageError } from './failure.ts';
import { planRun, validateRecipe, type PlannedStep } from './graph.ts';
import type { ArtifactDraft, PipelineHost } from './host.ts';
import { artifactKey, keyedConfig } from './keys.ts';
import { RunProgress } from './progress.ts';
import { resolveConfigs, type ResolvedConfigs } from './resolve.ts';

export interface ExecuteOrder {
  readonly runId: string;
  readonly preset: Preset;
  readonly overrides: Overrides;
  readonly seed: number;
  readonly given: Readonly<Record<string, string>>;
  readonly only: readonly string[] | null;
}

/**
 * Walks a recipe: a step whose artifact exists already is reused, every other step runs, resuming what a killed run
 * left in staging. Resolves when all steps are sealed; throws a PenumbraError (RUN_CANCELLED among them) otherwise.
 */
export async function executeRecipe(recipe: Recipe, order: ExecuteOrder, host: PipelineHost): Promise<void> {
  validateRecipe(recipe);
  const configs = resolveConfigs(recipe, order.preset, order.overrides);
  const plan = planRun(recipe, order.given, order.only);
  const progress = new RunProgress(
    host,
    plan.steps.map((step) => ({ name: step.name, stage: stepOf(recipe, step.name).stage.id })),
  );
  const made = new Map<string, ArtifactReader>();
  try {
    for (const planned of plan.steps) {
      if (host.signal.aborted) throw cancelled();
      made.set(planned.name, await executeStep({ recipe, order, host, configs, progress, made }, planned));
    }
  } finally {
    progress.send();
    await host.flush();
  }
}

interface Walk {
  readonly recipe: Recipe;
  readonly order: ExecuteOrder;
  readonly host: PipelineHost;
  readonly configs: ResolvedConfigs;
  readonly progress: RunProgress;
  readonly made: ReadonlyMap<string, ArtifactReader>;
}

async function executeStep(walk: Walk, planned: PlannedStep): Promise<ArtifactReader> {
  const { host, progress } = walk;
  const step = stepOf(walk.recipe, planned.name);
  try {
    return planned.given === null ? await reuseOrRun(walk, planned, step) : await standIn(walk, planned.name, planned.given, step);
  } catch (error) {
    // Asked for only where the engine was at work: one that does not load says so itself.
    const backend = step.stage.usesTensors && !(error instanceof PenumbraError) ? await host.backend().catch(() => null) : null;
    const failure = stageError(error, planned.name, step.stage.title, { config: walk.configs[planned.name] ?? {}, backend });
    progress.end(planned.name, failure.code === 'RUN_CANCELLED' ? 'cancelled' : 'failed', null);
    // The core logs the error itself when the run ends; here is what only this process knows.
    if (failure.code === 'INTERNAL' && error instanceof Error && error.stack !== undefined)
      progress.log(planned.name, 'debug', error.stack);
    // A stage torn down by the cancel may fail in its own way.
    if (host.signal.aborted && failure.code !== 'RUN_CANCELLED') throw cancelled();
    throw failure;
  }
}

/** An artifact handed in from outside in place of a step. */
async function standIn(walk: Walk, name: string, key: string, step: RecipeStep): Promise<ArtifactReader> {
  const reader = await walk.host.store.open(key);
  if (reader === null) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `step "${name}": the given artifact ${key} is not in this project`, {
      remedy: 'Run the recipe again, or choose another run.',
      details: { step: name, key },
    });
  }
  if (reader.manifest.kind !== step.stage.output) {
    throw new PenumbraError(
      'BAD_REQUEST',
      `step "${name}" makes ${step.stage.output}; the given artifact ${key} is ${reader.manifest.kind}`,
      {
        remedy: 'Give an artifact of the kind that the step makes.',
        details: { step: name, key, expected: step.stage.output, found: reader.manifest.kind },
      },
    );
  }
  walk.progress.reuse(name, 'reused', key, reader.manifest.createdAt);
  return reader;
}

async function reuseOrRun(walk: Walk, planned: PlannedStep, step: RecipeStep): Promise<ArtifactReader> {
  const { host, order, progress } = walk;
  const { stage } = step;
  const config = walk.configs[planned.name] ?? {};
  const inputs: Record<string, ArtifactReader> = {};
  for (const [input, from] of Object.entries(planned.from)) {
    const reader = walk.made.get(from);
    if (reader !== undefined) inputs[input] = reader;
  }
  const { dataset, fingerprints } = await host.sources(stage.id, stage.reads);
  const backend = stage.usesTensors ? await host.backend() : null;
  const seed = stage.usesSeed === false ? null : order.seed;
  const inputKeys = Object.fromEntries(Object.entries(inputs).map(([name, reader]) => [name, reader.key]));
  const key = artifactKey({
    stage: stage.id,
    stageVersion: stage.version,
    config: keyedConfig(stage.config, config),
    // What is made of an incomplete input is another thing than what is made of it once it is complete.
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, reader]) => [name, [reader.key, ...leftOutOf(reader.manifest)].join(' without ')])),
    sources: fingerprints,
    seed,
    backend: backend === null ? null : backendClass(backend),
  });

  const sealed = await openOrSetAside(walk, planned.name, key);
  if (sealed !== null && !deservesRetry(sealed.manifest, dataset)) return reuse(walk, planned.name, sealed);

  const draft = await host.store.draft(key, order.runId, host.signal, sealed);
  if (draft.finished !== null) return reuse(walk, planned.name, draft.finished);
  try {
    progress.begin(planned.name);
    const context = stageContext({
      host,
      step,
      stepName: planned.name,
      seed: order.seed,
      backend,
      dataset,
      output: draft.writer,
      checkpoint: flushingCheckpoint(draft, walk),
      progress,
    });
    await stage.run(context, config, inputs);
    if (host.signal.aborted) throw cancelled();
    await sendReports(walk); // once sealed, the stage never runs again: its last reports must be out
    const reader = await draft.seal({
      key,
      kind: stage.output,
      stage: stage.id,
      stageVersion: stage.version,
      config: z.record(z.string(), z.json()).parse(config),
      inputs: inputKeys,
      sources: fingerprints,
      seed: order.seed,
      versions: { ...host.versions, ...(backend === null ? {} : { backend: backend.description }) },
      createdAt: new Date(host.now()).toISOString(),
      runId: order.runId,
    });
    await host.sealed(reader.manifest);
    progress.end(planned.name, 'done', key);
    return reader;
  } catch (error) {
    await draft.release();
    throw error;
  }
}

async function reuse(walk: Walk, name: string, reader: ArtifactReader): Promise<ArtifactReader> {
  await walk.host.sealed(reader.manifest); // a kill may have come between seal and index
  const leftOut = leftOutOf(reader.manifest).length;
  if (leftOut > 0) walk.progress.log(name, 'warn', `${leftOut} images are left out, as when this was made: their photos could not be read and have not changed since.`);
  const own = reader.manifest.runId === walk.order.runId; // made by this very run before it was stopped
  walk.progress.reuse(name, own ? 'done' : 'reused', reader.key, reader.manifest.createdAt);
  return reader;
}

/** A damaged artifact is moved away and made anew: its key says exactly how. */
async function openOrSetAside(walk: Walk, name: string, key: string): Promise<ArtifactReader | null> {
  try {
    return await walk.host.store.open(key);
  } catch (error) {
    if (!(error instanceof PenumbraError) || error.code !== 'ARTIFACT_DAMAGED') throw error;
    walk.progress.log(name, 'warn', `${error.message}; it is set aside and made again.`);
    await walk.host.store.setAside(key);
    return null;
  }
}

/** Reports made before a checkpoint are stored before it exists: a resumed run does not repeat what lies before it. */
function flushingCheckpoint(draft: ArtifactDraft, walk: Walk): ArtifactDraft['checkpoint'] {
  return {
    load: () => draft.checkpoint.load(),
    save: async (bytes) => {
      await sendReports(walk);
      await draft.checkpoint.save(bytes);
    },
  };
}

async function sendReports(walk: Walk): Promise<void> {
  walk.progress.send();
  await walk.host.flush();
}

/** What numbers depend on. Two machines of one class may still differ in the last bits; the manifest names engine and versions. */
function backendClass(backend: TensorBackend): string {
  return `${backend.id}-${backend.device}`;
}

function stepOf(recipe: Recipe, name: string): RecipeStep {
  const step = recipe.steps[name];
  if (step === undefined) throw new Error(`recipe "${recipe.id}" has no step "${name}"`);
  return step;
}
