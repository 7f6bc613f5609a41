import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { RecipeStep } from '../recipe.ts';
import type { ArtifactWriter, CheckpointSlot, DatasetSnapshot, StageContext } from '../stage.ts';
import type { PipelineHost } from './host.ts';
import type { RunProgress } from './progress.ts';

export interface ContextParts {
  readonly host: PipelineHost;
  readonly step: RecipeStep;
  readonly stepName: string;
  readonly seed: number;
  readonly backend: TensorBackend | null;
  readonly dataset: DatasetSnapshot;
  readonly output: ArtifactWriter;
  readonly checkpoint: CheckpointSlot;
  readonly progress: RunProgress;
}

/** The context of one running stage: what its declaration grants, and nothing beyond. */
export function stageContext(parts: ContextParts): StageContext {
  const { host, step, progress } = parts;
  const stage = step.stage;
  const requireRead = (source: 'truth' | 'edits') => {
    if (stage.reads.includes(source)) return;
    throw new PenumbraError(
      'SUPERVISION_VIOLATION',
      `stage "${stage.id}" asked for ${source}, which it does not declare among its reads (${stage.reads.join(', ') || 'none'})`,
      {
        remedy: `Declare "${source}" in the stage's reads, or do not ask for it.`,
        details: { stage: stage.id, asked: source, declared: [...stage.reads] },
      },
    );
  };
  return {
    get backend(): TensorBackend {
      if (parts.backend === null) throw new Error(`stage "${stage.id}" uses the tensor backend but declares usesTensors: false`);
      return parts.backend;
    },
    seed: parts.seed,
    signal: host.signal,
    report: progress.forStep(parts.stepName),
    dataset: parts.dataset,
    output: parts.output,
    checkpoint: parts.checkpoint,
    truth: async (purpose) => {
      requireRead('truth');
      return host.truth(stage.id, purpose);
    },
    edits: async () => {
      requireRead('edits');
      return host.edits(stage.id);
    },
    weights: (name) => host.weights(name),
    breathe: async () => {
      host.beat();
      progress.maybeSend();
      // A turn of the event loop: messages (cancel among them), timers and finished I/O get their chance.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (host.signal.aborted) throw cancelled();
    },
  };
}

export function cancelled(): PenumbraError {
  return new PenumbraError('RUN_CANCELLED', 'the run was cancelled', {
    remedy: 'Resume it when you like: it goes on from its last checkpoint.',
  });
}
