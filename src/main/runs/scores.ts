import type * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { StoredImages, StoredScores, type ScoreTable } from '#shared/domain/score.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import type { ArtifactReader } from '#main/ml/stage.ts';
import type { FileArtifactStore } from './artifacts/store.ts';
import { allRuns, requireRun } from './find-runs.ts';
import type { RunProject } from './ports.ts';

/** What a scoring run is given and what it runs. */
export interface ScoringPlan {
  readonly given: Readonly<Record<string, string>>;
  readonly only: readonly string[];
}

/**
 * Scores a run's outputs as they stand: steps that read corrections or truth run again, every other step is given as it was made.
 * Outputs that were never made, or that the project does not hold any more, are left out; ARTIFACT_NOT_FOUND when nothing is left
 * to score.
 */
export function planScoring(recipe: Recipe, base: RunSummary, isHeld: (artifact: string) => boolean): ScoringPlan {
  const made = new Map(base.steps.flatMap(({ step, artifact }) => (artifact === null || !isHeld(artifact) ? [] : [[step, artifact] as const])));
  const given: Record<string, string> = {};
  const only: string[] = [];
  let scores = false;
  for (const [name, step] of Object.entries(recipe.steps)) {
    const { reads, inputs } = step.stage;
    const artifact = made.get(name);
    if (!reads.includes('edits') && !reads.includes('truth')) {
      if (artifact !== undefined) given[name] = artifact;
      continue;
    }
    const present = (input: string) => {
      const from = step.from[input];
      return from !== undefined && (given[from] !== undefined || only.includes(from));
    };
    const names = Object.keys(step.from);
    const complete = names.every((input) => inputs[input]?.optional === true || present(input));
    if (!complete || !names.some(present)) continue;
    only.push(name);
    scores ||= reads.includes('truth');
  }
  if (!scores) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `run ${base.id} of recipe "${recipe.id}" has nothing that can be scored`, {
      remedy: 'Let the run get as far as its first masks, or choose another run.',
      details: { runId: base.id, recipe: recipe.id },
    });
  }
  return { given, only };
}

/** The run to score when none is named: the newest that is done. A scoring run stands for the run it scored. */
export function runToScore(project: RunProject, runId: string | undefined): RunSummary {
  if (runId === undefined) {
    const newest = allRuns(project.runs).find((run) => run.state === 'done' && run.scoringOf === null);
    if (newest !== undefined) return newest;
    throw new PenumbraError('RUN_NOT_FOUND', 'this project has no finished run to score', {
      remedy: 'Start one: `penumbra run weak-baseline`.',
    });
  }
  const run = requireRun(project, runId);
  return run.scoringOf === null ? run : requireRun(project, run.scoringOf);
}

/** The newest score table: of the named run or of a scoring run of it; of any run when none is named. */
export async function readScores(
  project: RunProject,
  store: FileArtifactStore,
  runId: string | undefined,
): Promise<{ runId: string; table: ScoreTable }> {
  const { run, key, artifact } = await newestScores(project, store, runId);
  return { runId: run, table: parseTable(await artifact.read('metrics.json'), key, artifact.manifest.createdAt) };
}

/** One cell of a confusion matrix, and the images that fill it. */
export interface ScoreCell {
  readonly layer: string;
  readonly split: string;
  readonly truth: number;
  readonly predicted: number;
  readonly limit: number;
}

/** The images with most pixels in a cell, from what scoring stored. NOT_FOUND when that layer of that split was not scored. */
export async function readCell(
  project: RunProject,
  store: FileArtifactStore,
  runId: string | undefined,
  cell: ScoreCell,
): Promise<{ imageId: string; name: string; pixels: number; share: number }[]> {
  const { key, artifact } = await newestScores(project, store, runId);
  if (!artifact.has('images.json')) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `the scores ${key} do not tell images apart; an older version made them`, {
      remedy: 'Score the run again: `penumbra score`.',
      details: { key },
    });
  }
  const { layers } = parseFile(StoredImages, await artifact.read('images.json'), key, 'images.json');
  const layer = layers.find((item) => item.layer === cell.layer && item.split === cell.split);
  if (layer === undefined) {
    throw new PenumbraError('NOT_FOUND', `the scores ${key} hold no layer "${cell.layer}" of split "${cell.split}"`, {
      remedy: 'Take layer and split from scores.get.',
      details: { layer: cell.layer, split: cell.split },
    });
  }
  const filled = layer.images.flatMap(({ imageId, name, cells }) => {
    const pixels = cells.find(([truth, predicted]) => truth === cell.truth && predicted === cell.predicted)?.[2] ?? 0;
    return pixels === 0 ? [] : [{ imageId, name, pixels }];
  });
  const total = filled.reduce((sum, { pixels }) => sum + pixels, 0);
  // Stable: images with equally many pixels stay in order of name.
  return filled
    .sort((a, b) => b.pixels - a.pixels)
    .slice(0, cell.limit)
    .map((image) => ({ ...image, share: image.pixels / total }));
}

async function newestScores(
  project: RunProject,
  store: FileArtifactStore,
  runId: string | undefined,
): Promise<{ run: string; key: string; artifact: ArtifactReader }> {
  const named = runId === undefined ? null : requireRun(project, runId);
  const candidates = allRuns(project.runs).filter((run) => named === null || run.id === named.id || run.scoringOf === named.id);
  for (const run of candidates) {
    const key = scoresKey(project, run);
    if (key === null) continue;
    return { run: run.id, key, artifact: await store.require(key) };
  }
  throw new PenumbraError('ARTIFACT_NOT_FOUND', named === null ? 'no run of this project has scores' : `run ${named.id} has no scores`, {
    remedy: 'Score it: `penumbra score`.',
    details: { runId: runId ?? null },
  });
}

function scoresKey(project: RunProject, run: RunSummary): string | null {
  const keys = run.steps.flatMap((step) => step.artifact ?? []);
  return keys.findLast((key) => project.artifacts.get(key)?.manifest.kind === 'metrics') ?? null;
}

function parseTable(bytes: Uint8Array, key: string, measuredAt: string): ScoreTable {
  return { ...parseFile(StoredScores, bytes, key, 'metrics.json'), measuredAt };
}

function parseFile<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string, file: string): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new PenumbraError('ARTIFACT_DAMAGED', `artifact ${key}: ${file} does not hold scores`, {
      remedy: 'Score the run again.',
      details: { key, file },
      cause: error,
    });
  }
}
