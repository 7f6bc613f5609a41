import { canonicalJson } from '#main/ml/pipeline/keys.ts';

type Config = Readonly<Record<string, unknown>>;

/** A step of the run that is asked about. */
export interface WantedStep {
  readonly recipe: string;
  readonly preset: string;
  readonly step: string;
  readonly stage: string;
  readonly config: Config;
  /** What it will count: optimiser steps or images. */
  readonly units: number;
  /** Its artifact is there already. */
  readonly reused: boolean;
}

/** A step that ran to its end in an earlier run. */
export interface EarlierStep {
  readonly runId: string;
  readonly recipe: string;
  readonly preset: string;
  readonly step: string;
  readonly stage: string;
  /** Null when its settings are not settings of this version any more. */
  readonly config: Config | null;
  readonly seconds: number;
  /** What it counted, in the same measure as `WantedStep.units`; 0 when it counted nothing. */
  readonly units: number;
}

export interface Estimate {
  readonly seconds: number;
  /** What it rests on, in words. */
  readonly from: string;
}

/** Of several figures of one kind the middle one counts: a resumed step tells of its last part alone. */
const NEWEST = 5;
/** Settings that say how much is done, not how long one unit takes. */
const AMOUNTS = new Set(['epochs', 'split', 'splits', 'validationSplit', 'checkpointEvery', 'validateEvery']);

/**
 * Seconds that a run will take, from how long its stages took before in this project, scaled by what they count. `earlier` is newest first.
 * Null when a stage that has to run never ran to its end here.
 */
export function estimateRun(wanted: readonly WantedStep[], earlier: readonly EarlierStep[]): Estimate | null {
  const running = wanted.filter((step) => !step.reused);
  let seconds = 0;
  const runs = new Set<string>();
  const otherSettings: string[] = [];
  for (const step of running) {
    const figures = bestFigures(step, earlier);
    if (figures === null) return null;
    seconds += median(figures.of.map((figure) => figure.seconds * scale(step, figure)));
    for (const { runId } of figures.of) runs.add(runId);
    if (!figures.sameSettings) otherSettings.push(step.step);
  }
  const parts = [runs.size === 0 ? 'every step is made already' : `step times of ${runs.size === 1 ? `run ${[...runs].join('')}` : `${runs.size} earlier runs`}`];
  const reused = wanted.length - running.length;
  if (runs.size > 0 && reused > 0) parts.push(`${reused} of ${wanted.length} steps are made already`);
  if (otherSettings.length > 0) parts.push(`with other settings in ${otherSettings.join(', ')}`);
  return { seconds: Math.round(seconds), from: parts.join('; ') };
}

/** The same settings count before the same place in the recipe, and that before the same stage anywhere. */
function bestFigures(wanted: WantedStep, earlier: readonly EarlierStep[]): { of: readonly EarlierStep[]; sameSettings: boolean } | null {
  const cost = costOf(wanted.config);
  const ofStage = earlier.filter(({ stage }) => stage === wanted.stage);
  const same = ofStage.filter(({ config }) => config !== null && costOf(config) === cost);
  const here = (steps: readonly EarlierStep[]): readonly EarlierStep[] => {
    const samePlace = steps.filter(({ recipe, step }) => recipe === wanted.recipe && step === wanted.step);
    const samePreset = samePlace.filter(({ preset }) => preset === wanted.preset);
    return [samePreset, samePlace, steps].find((found) => found.length > 0) ?? [];
  };
  const found = here(same.length > 0 ? same : ofStage).slice(0, NEWEST);
  return found.length === 0 ? null : { of: found, sameSettings: same.length > 0 };
}

function scale(wanted: WantedStep, { units }: EarlierStep): number {
  return units > 0 && wanted.units > 0 ? wanted.units / units : 1;
}

function costOf(config: Config): string {
  return canonicalJson(Object.fromEntries(Object.entries(config).filter(([key]) => !AMOUNTS.has(key))));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
