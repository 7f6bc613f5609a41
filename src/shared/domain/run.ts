import * as z from 'zod';
import { ErrorValue } from '../errors.ts';
import { ArtifactKey, RunId } from './ids.ts';

export const RunState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export type RunState = z.infer<typeof RunState>;
export const FINAL_RUN_STATES: readonly RunState[] = ['done', 'failed', 'cancelled', 'interrupted'];

export const StepState = z.enum(['waiting', 'running', 'done', 'reused', 'failed', 'cancelled', 'interrupted']);
export type StepState = z.infer<typeof StepState>;

/** The state of one step (a stage in its place in the recipe's graph) of a run. */
export const StepStatus = z.strictObject({
  step: z.string().describe('name of the step in the recipe'),
  stage: z.string().describe('stage id'),
  state: StepState,
  done: z.number().nonnegative().describe('units done'),
  total: z.number().nonnegative().describe('units in all; 0 while unknown'),
  unit: z.string().describe('what is counted: images, steps'),
  etaSeconds: z.number().nonnegative().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  artifact: ArtifactKey.nullable(),
});
export type StepStatus = z.infer<typeof StepStatus>;

export const Preset = z.enum(['quick', 'full']);
export type Preset = z.infer<typeof Preset>;

/** Values set over preset and defaults, by `step.key`. */
export const Overrides = z.record(z.string().regex(/^[a-z][A-Za-z0-9-]*\.[A-Za-z0-9]+$/), z.json());
export type Overrides = z.infer<typeof Overrides>;

export const RunSummary = z.strictObject({
  id: RunId,
  recipe: z.string(),
  preset: Preset,
  overrides: Overrides,
  seed: z.int(),
  state: RunState,
  steps: z.array(StepStatus),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  backend: z.string().nullable().describe('backend that ran it, such as native-cpu'),
  device: z.string().describe('queue slot: cpu or gpu0'),
  error: ErrorValue.nullable(),
  scoringOf: RunId.nullable().default(null).describe('set on a scoring run: the run whose outputs it scores'),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** One point of a live curve. */
export const MetricPoint = z.strictObject({
  step: z.string(),
  series: z.string().describe('such as loss, learningRate, mapVal'),
  x: z.number().describe('optimiser step or epoch, see xUnit'),
  xUnit: z.enum(['step', 'epoch']),
  value: z.number(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;
export const LogLine = z.strictObject({ at: z.iso.datetime(), level: LogLevel, step: z.string().nullable(), message: z.string() });
export type LogLine = z.infer<typeof LogLine>;
