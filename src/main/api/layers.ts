import type { ImageLayer } from '#shared/contract/dataset.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { labelMapFile } from '../ml/stages/label-maps-io.ts';
import { scoreMapsFile } from '../ml/stages/score-maps-io.ts';
import type { RunService } from '../runs/run-service.ts';

/** What sealed artifacts hold for one image, newest first, each with the run and the step it came from. */
export async function layersOf(runs: RunService, imageId: string): Promise<ImageLayer[]> {
  const titles = new Map((await runs.recipes()).flatMap(({ steps }) => steps.map(({ stage, title }) => [stage, title] as const)));
  const layers = (['label-maps', 'score-maps'] as const).flatMap((kind) => {
    const file = kind === 'label-maps' ? labelMapFile(imageId) : scoreMapsFile(imageId);
    return runs
      .artifacts.list({ kind })
      .artifacts.filter(({ manifest }) => manifest.files.some(({ name }) => name === file))
      .map(({ manifest: { key, stage, runId, createdAt } }): ImageLayer => {
        const run = runId === null ? null : findRun(runs, runId);
        return {
          artifact: key,
          kind,
          stage,
          step: run?.steps.find((step) => step.artifact === key)?.step ?? null,
          title: titles.get(stage) ?? stage,
          runId,
          recipe: run?.recipe ?? null,
          createdAt,
          blob: `${key}.${imageId}`,
        };
      });
  });
  // Times are ISO 8601 in UTC, so text order is time order; the sort is stable.
  return layers.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
}

/** Null for an artifact of a run that this project does not hold, such as one that was brought along. */
function findRun(runs: RunService, runId: string): RunSummary | null {
  try {
    return runs.get(runId);
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'RUN_NOT_FOUND') return null;
    throw thrown;
  }
}
