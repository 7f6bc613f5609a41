import * as z from 'zod';
import { ArtifactManifest } from '../domain/artifact.ts';
import { ArtifactKey, RunId } from '../domain/ids.ts';
import { LogLine, MetricPoint, Overrides, Preset, RunState, RunSummary } from '../domain/run.ts';
import { SourceKind } from '../domain/supervision.ts';
import { defineBlob, defineCall, defineEvent } from './define.ts';

/** One hyper-parameter, derived from the stage's schema. @public: named in docs/api.md */
export const ConfigField = z.strictObject({
  key: z.string(),
  title: z.string(),
  schema: z.record(z.string(), z.json()).describe('JSON Schema of the value: type, range, choices'),
  default: z.json(),
  unit: z.string().nullable(),
  source: z.string().nullable().describe('paper section or reference file the default comes from'),
});

export const RecipeInfo = z.strictObject({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      stage: z.string(),
      title: z.string(),
      inputs: z.record(z.string(), z.string()).describe('input name to the step that makes it'),
      reads: z.array(SourceKind),
      output: z.string(),
      fields: z.array(ConfigField),
      presets: z.record(Preset, z.record(z.string(), z.json())).describe('values that differ from the defaults'),
    }),
  ),
});
export type RecipeInfo = z.infer<typeof RecipeInfo>;

export const listRecipes = defineCall('recipes.list', {
  summary: 'Recipes with their stages, settings and presets.',
  input: z.strictObject({}),
  output: z.strictObject({ recipes: z.array(RecipeInfo) }),
});

const RunRequest = z.strictObject({
  recipe: z.string(),
  preset: Preset.default('quick'),
  overrides: Overrides.default({}),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0),
  backend: z.enum(['auto', 'native', 'webgpu', 'cpu']).default('auto'),
});

export const checkRun = defineCall('runs.check', {
  summary: 'Dry check: settings, supervision, data and disk, without starting.',
  input: RunRequest,
  output: z.strictObject({
    ok: z.boolean(),
    findings: z.array(z.strictObject({ level: z.enum(['error', 'warning', 'info']), message: z.string(), remedy: z.string().nullable() })),
    freeDiskBytes: z.number(),
    estimateSeconds: z.number().nullable().describe('null when unknown'),
    estimateFrom: z.string().nullable().describe('what the estimate rests on, in words'),
  }),
  errors: ['RECIPE_UNKNOWN', 'STAGE_CONFIG_INVALID'],
});

export const startRun = defineCall('runs.start', {
  summary: 'Queues a run. One run a device at a time.',
  input: RunRequest,
  output: RunSummary,
  errors: ['RECIPE_UNKNOWN', 'STAGE_CONFIG_INVALID', 'SUPERVISION_VIOLATION', 'DATASET_EMPTY', 'SPLIT_EMPTY', 'DATASET_ROOT_MISSING', 'ENGINE_NOT_INSTALLED'],
  mutates: true,
});

export const listRuns = defineCall('runs.list', {
  summary: 'Runs, newest first.',
  input: z.strictObject({ state: RunState.optional(), offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(500).default(50) }),
  output: z.strictObject({ total: z.int(), runs: z.array(RunSummary) }),
});

export const getRun = defineCall('runs.get', {
  summary: 'One run with its steps, final figures and error.',
  input: z.strictObject({ runId: RunId }),
  output: RunSummary,
  errors: ['RUN_NOT_FOUND'],
});

export const cancelRun = defineCall('runs.cancel', {
  summary: 'Asks a run to stop; after 5 s its process is killed. What was sealed stays.',
  input: z.strictObject({ runId: RunId }),
  output: RunSummary,
  errors: ['RUN_NOT_FOUND'],
  mutates: true,
});

export const resumeRun = defineCall('runs.resume', {
  summary: 'Queues a cancelled, failed or interrupted run again; it goes on from its last checkpoint to the same numbers.',
  input: z.strictObject({ runId: RunId }),
  output: RunSummary,
  errors: ['RUN_NOT_FOUND', 'RUN_NOT_RESUMABLE'],
  mutates: true,
});

export const runQueue = defineCall('runs.queue', {
  summary: 'Queued runs, next first. Runs on different devices do not wait for each other.',
  input: z.strictObject({}),
  output: z.strictObject({ queue: z.array(RunSummary) }),
});

export const moveRun = defineCall('runs.move', {
  summary: 'Moves a queued run before another queued run, or to the end of the queue.',
  input: z.strictObject({ runId: RunId, before: RunId.nullable() }),
  output: z.strictObject({ queue: z.array(RunSummary).describe('queued runs, next first') }),
  errors: ['RUN_NOT_FOUND', 'RUN_NOT_QUEUED'],
  mutates: true,
});

/** A picture a stage made of its work: what the net was fed, maps so far. */
export const RunSample = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  step: z.string(),
  title: z.string(),
  at: z.iso.datetime(),
});
export type RunSample = z.infer<typeof RunSample>;

export const runSamples = defineCall('runs.samples', {
  summary: 'Pictures that the stages of a run made of their work, oldest first.',
  input: z.strictObject({ runId: RunId }),
  output: z.strictObject({ samples: z.array(RunSample) }),
  errors: ['RUN_NOT_FOUND'],
});

export const runSampled = defineEvent('runs.sampled', {
  summary: 'A stage made a picture, or replaced the one with this id.',
  payload: z.strictObject({ runId: RunId, sample: RunSample }),
});

export const runSampleBlob = defineBlob('run-sample', {
  summary: 'A picture of `runs.samples`: RUNID.SAMPLEID.',
  methods: ['GET'],
  id: z.string().regex(/^run_[0-9a-z]{12}\.[a-z0-9][a-z0-9-]{0,63}$/),
  contentType: 'image/png',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'RUN_NOT_FOUND'],
});

export const runMetrics = defineCall('runs.metrics', {
  summary: 'Curves of a run.',
  input: z.strictObject({ runId: RunId, afterIndex: z.int().nonnegative().default(0), limit: z.int().min(1).max(100_000).default(10_000) }),
  output: z.strictObject({ points: z.array(MetricPoint), nextIndex: z.int() }),
  errors: ['RUN_NOT_FOUND'],
});

export const runLog = defineCall('runs.log', {
  summary: 'Log lines of a run.',
  input: z.strictObject({ runId: RunId, afterLine: z.int().nonnegative().default(0), limit: z.int().min(1).max(10_000).default(1000) }),
  output: z.strictObject({ lines: z.array(LogLine), nextLine: z.int() }),
  errors: ['RUN_NOT_FOUND'],
});

export const listArtifacts = defineCall('artifacts.list', {
  summary: 'Sealed artifacts with size, stage and run, newest first.',
  input: z.strictObject({ kind: z.string().optional() }),
  output: z.strictObject({ artifacts: z.array(z.strictObject({ manifest: ArtifactManifest, bytes: z.number(), pinned: z.boolean() })) }),
});

export const pinArtifact = defineCall('artifacts.pin', {
  summary: 'Keeps an artifact from being reclaimed, or lets it go.',
  input: z.strictObject({ key: ArtifactKey, pinned: z.boolean() }),
  output: z.strictObject({}),
  errors: ['ARTIFACT_NOT_FOUND'],
  mutates: true,
});

export const reclaimArtifacts = defineCall('artifacts.reclaim', {
  summary: 'Deletes artifacts that no kept run, pin or correction needs. With dryRun, only says what would go.',
  input: z.strictObject({ dryRun: z.boolean().default(true) }),
  output: z.strictObject({ keys: z.array(ArtifactKey), bytes: z.number() }),
  mutates: true,
});

export const runChanged = defineEvent('runs.changed', { summary: 'State or progress of a run; at most ten a second a run.', payload: RunSummary });
export const runMetric = defineEvent('runs.metric', {
  summary: 'New points of a curve.',
  payload: z.strictObject({ runId: RunId, points: z.array(MetricPoint) }),
});
export const runLogged = defineEvent('runs.logged', { summary: 'New log lines.', payload: z.strictObject({ runId: RunId, lines: z.array(LogLine) }) });
