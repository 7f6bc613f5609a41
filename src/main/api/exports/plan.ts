import type * as z from 'zod';
import type { ExportRequest as ExportRequestSchema } from '#shared/contract/exports.ts';
import type { RecipeInfo } from '#shared/contract/runs.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { PenumbraError } from '#shared/errors.ts';
import { labelMapFile } from '../../ml/stages/label-maps-io.ts';
import type { ArtifactReader } from '../../ml/stage.ts';
import type { StoredImage } from '../../project/repositories/images.ts';
import type { Project } from '../../project/project.ts';
import type { RunService } from '../../runs/run-service.ts';

export type ExportRequest = z.output<typeof ExportRequestSchema>;
type What = ExportRequest['what'];

/** An export worked out, nothing written yet. */
export type ExportPlan =
  | { readonly kind: 'masks'; readonly artifact: ArtifactReader; readonly images: readonly StoredImage[]; readonly corrected: boolean; readonly lost: readonly string[] }
  | { readonly kind: 'model'; readonly artifact: ArtifactReader; readonly lost: readonly string[] };

/** Layers as the recipe's own scoring step names them. Corrections are laid over the refined masks as they stand now. */
const MASK_LAYERS: Partial<Record<What, string>> = { seeds: 'seeds', refined: 'refined', corrected: 'refined', predictions: 'segmenter' };
/** A model is the input of the step that makes its layer. */
const MODEL_LAYERS: Partial<Record<What, string>> = { segmenter: 'segmenter', classifier: 'cams' };

/** Finds what is asked for. RUN_NOT_FOUND, ARTIFACT_NOT_FOUND. */
export async function planExport(services: { project: Project; runs: RunService }, request: ExportRequest): Promise<ExportPlan> {
  const { project, runs } = services;
  const run = findRun(runs, request.runId);
  const recipe = (await runs.recipes()).find((item) => item.id === run.recipe);
  const step = findStep(recipe, request.what);
  if (step === undefined) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `run ${run.id} of recipe "${run.recipe}" makes no ${request.what}`, {
      remedy: 'Choose another run, or export something else.',
      details: { runId: run.id, what: request.what },
    });
  }
  const artifact = await runs.artifacts.open(runs.stepArtifact(run.id, step).key);
  if (MODEL_LAYERS[request.what] !== undefined) return { kind: 'model', artifact, lost: [] };

  const wanted = project.images.all().filter((image) => request.split === undefined || image.split === request.split);
  const images = wanted.filter((image) => artifact.has(labelMapFile(image.id)));
  if (images.length === 0) {
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `run ${run.id} holds no ${request.what} for ${request.split === undefined ? 'any image' : `split "${request.split}"`}`, {
      remedy: 'Choose another run or split.',
      details: { runId: run.id, what: request.what, split: request.split ?? null },
    });
  }
  return { kind: 'masks', artifact, images, corrected: request.what === 'corrected', lost: lostMasks(project, wanted, images, request.what) };
}

/** The run named, or the newest that finished; a scoring run stands for the run it scored. */
function findRun(runs: RunService, runId: string | undefined): RunSummary {
  if (runId !== undefined) {
    const run = runs.get(runId);
    return run.scoringOf === null ? run : runs.get(run.scoringOf);
  }
  const newest = runs.list({ state: 'done', offset: 0, limit: 500 }).runs.find((run) => run.scoringOf === null);
  if (newest !== undefined) return newest;
  throw new PenumbraError('RUN_NOT_FOUND', 'this project has no finished run to export from', {
    remedy: 'Start one: penumbra run weak-baseline. An unfinished run can be named with --run.',
  });
}

function findStep(recipe: RecipeInfo | undefined, what: What): string | undefined {
  const inputsOf = (stepName: string | undefined) => recipe?.steps.find((item) => item.step === stepName)?.inputs;
  const layers = recipe?.steps.findLast((item) => item.output === 'metrics')?.inputs;
  const model = MODEL_LAYERS[what];
  if (model !== undefined) return inputsOf(layers?.[model])?.['model'];
  return layers?.[MASK_LAYERS[what] ?? ''];
}

function lostMasks(project: Project, wanted: readonly StoredImage[], images: readonly StoredImage[], what: What): string[] {
  const lost = ['photos are not copied; the lists name them'];
  if (images.length < wanted.length) lost.push(`${wanted.length - images.length} images have no mask and are left out`);
  const withoutSplit = images.filter((image) => image.split === null).length;
  if (withoutSplit > 0) lost.push(`${withoutSplit} images belong to no split and stand in no list`);
  if (what === 'corrected') {
    lost.push('the log of gestures and review states stay in the project');
    const have = new Set(images.map((image) => image.id));
    const stray = project.edits.editedImages().filter((id) => wanted.some((image) => image.id === id) && !have.has(id)).length;
    if (stray > 0) lost.push(`${stray} corrected images have no mask in this run to lay corrections on`);
  }
  return lost;
}
