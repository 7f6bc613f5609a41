import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';
import type { Batch, Batches } from '../data/batches.ts';
import type { StageContext } from '../stage.ts';
import { decodeCheckpoint, encodeCheckpoint, type TensorState } from './checkpoint.ts';

/** What learns: a network, its loss and its optimiser. */
export interface Learner {
  /** One optimiser step on a batch that is not empty. `progress` is step / all steps, for the schedule. Returns the loss before the step. */
  learn(batch: Batch, progress: number): number;
  /** Everything that learning changes: weights, running averages, optimiser slots. */
  state(): TensorState;
  /** Puts a state back, exactly. */
  restore(state: TensorState): void;
}

export interface TrainingPlan {
  readonly epochs: number;
  readonly checkpointEverySteps: number;
  readonly batches: Batches;
  readonly learner: Learner;
  /** The learning rate at this progress, for the curve. */
  readonly learningRateAt: (progress: number) => number;
  /** Given the batch of the first step, to be shown. */
  firstBatch?(items: Batch['items']): void;
  /** Called at the end of each epoch, 1-based, such as to score the validation split. Must not change the learner. */
  epochEnded?(epoch: number): Promise<void>;
}

/**
 * Trains from the last checkpoint, or from the start, to the end. Every number follows from the seed and the step, so a run
 * that was killed and resumed ends with the bits of one that was not.
 * @throws NON_FINITE_LOSS naming the step and its photos; DATASET_EMPTY when no photo at all could be read.
 */
export async function train(context: StageContext, plan: TrainingPlan): Promise<void> {
  const { batches, learner } = plan;
  const totalSteps = plan.epochs * batches.stepsPerEpoch;
  let step = await resume(context, learner, totalSteps);
  let learntFrom = 0; // photos, in this process
  while (step < totalSteps) {
    await context.breathe();
    faultPoint('train.step');
    const batch = await batches.at(step, totalSteps - 1);
    const progress = step / totalSteps;
    if (step === 0) plan.firstBatch?.(batch.items);
    if (batch.items.length > 0) {
      const loss = learner.learn(batch, progress);
      if (!Number.isFinite(loss)) throw nonFinite(batch, loss);
      context.report.metric('loss', step, 'step', loss);
      context.report.metric('learningRate', step, 'step', plan.learningRateAt(progress));
      learntFrom += batch.items.length;
    }
    step += 1;
    context.report.progress(step, totalSteps, 'steps');
    const epochEnds = step % batches.stepsPerEpoch === 0;
    if (epochEnds && learntFrom === 0) throw nothingReadable();
    if (epochEnds) await plan.epochEnded?.(step / batches.stepsPerEpoch);
    if (step < totalSteps && (epochEnds || step % plan.checkpointEverySteps === 0)) {
      await context.checkpoint.save(encodeCheckpoint({ step, totalSteps, state: learner.state() }));
      faultPoint('train.checkpoint');
    }
  }
}

async function resume(context: StageContext, learner: Learner, totalSteps: number): Promise<number> {
  const bytes = await context.checkpoint.load();
  if (bytes === null) return 0;
  const checkpoint = decodeCheckpoint(bytes);
  // The slot belongs to an artifact key, so a checkpoint of another configuration can't be here; a changed photo list could.
  if (checkpoint.totalSteps !== totalSteps) {
    context.report.log('warn', `The checkpoint is of ${checkpoint.totalSteps} steps, this run has ${totalSteps}; training starts anew.`);
    return 0;
  }
  learner.restore(checkpoint.state);
  context.report.log('info', `Goes on at step ${checkpoint.step} of ${totalSteps}.`);
  return checkpoint.step;
}

function nonFinite(batch: Batch, loss: number): PenumbraError {
  const photos = batch.items.map(({ image }) => image.record.name);
  return new PenumbraError('NON_FINITE_LOSS', `The loss became ${loss} at step ${batch.step} on ${photos.join(', ')}.`, {
    remedy: 'Lower the learning rate, or look at these photos and their labels. The last checkpoint is kept.',
    details: { step: batch.step, loss: String(loss), photos },
  });
}

function nothingReadable(): PenumbraError {
  return new PenumbraError('DATASET_EMPTY', 'None of the photos of the first epoch could be used.', {
    remedy: 'Check that the photos are where the dataset was brought from; the log names each one.',
  });
}
