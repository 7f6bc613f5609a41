import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';
import type { Batch, Batches } from '../data/batches.ts';
import type { StageContext } from '../stage.ts';
import { decodeCheckpoint, encodeCheckpoint, type TensorState } from './checkpoint.ts';
import type { Moment } from './schedule.ts';

/** What a step found, before it changed anything. Where either is not finite it changed nothing. */
export interface Found {
  readonly loss: number;
  /** Global norm of the gradients. */
  readonly gradientNorm: number;
}

/** What learns: a network, its loss and its optimiser. */
export interface Learner {
  /** One optimiser step on a batch that is not empty. */
  learn(batch: Batch, at: Moment): Promise<Found>;
  /** Everything that learning changes: weights, running averages, optimiser slots. */
  state(): Promise<TensorState>;
  /** Puts a state back, exactly. */
  restore(state: TensorState): void;
}

export interface TrainingPlan {
  readonly epochs: number;
  readonly checkpointEverySteps: number;
  readonly batches: Batches;
  readonly learner: Learner;
  /** For the curve. */
  readonly learningRateAt: (at: Moment) => number;
  /** Given the batch of the first step, to be shown. */
  firstBatch?(items: Batch['items']): void;
  /** Called at the end of each epoch, 1-based, such as to score the validation split. Must not change the learner. */
  epochEnded?(epoch: number): Promise<void>;
}

/**
 * Trains from the last checkpoint, or from the start, to the end. Every number follows from the seed and the step, so a run
 * that was killed and resumed ends with the bits of one that was not. A checkpoint is saved only while every number in it is finite.
 * @throws NON_FINITE_LOSS naming the step, its photos and the last checkpoint; DATASET_EMPTY when no photo at all could be read.
 */
export async function train(context: StageContext, plan: TrainingPlan): Promise<void> {
  const { batches, learner } = plan;
  const { stepsPerEpoch } = batches;
  const totalSteps = plan.epochs * stepsPerEpoch;
  let step = await resume(context, learner, totalSteps);
  let checkpointStep = step; // 0: none
  let learntFrom = 0; // photos, in this process
  while (step < totalSteps) {
    await context.breathe();
    faultPoint('train.step');
    const batch = await batches.at(step, totalSteps - 1);
    const at: Moment = { step, totalSteps, stepsPerEpoch };
    if (step === 0) plan.firstBatch?.(batch.items);
    if (batch.items.length > 0) {
      const found = await learner.learn(batch, at);
      requireFiniteStep(batch, found, checkpointStep);
      context.report.metric('loss', step, 'step', found.loss);
      context.report.metric('learningRate', step, 'step', plan.learningRateAt(at));
      learntFrom += batch.items.length;
    }
    step += 1;
    context.report.progress(step, totalSteps, 'steps');
    const epochEnds = step % stepsPerEpoch === 0;
    if (epochEnds && learntFrom === 0) throw nothingReadable();
    if (epochEnds) await plan.epochEnded?.(step / stepsPerEpoch);
    if (step === totalSteps) {
      requireFiniteState(await learner.state(), batch, checkpointStep);
    } else if (epochEnds || step % plan.checkpointEverySteps === 0) {
      const state = await learner.state();
      requireFiniteState(state, batch, checkpointStep);
      await context.checkpoint.save(encodeCheckpoint({ step, totalSteps, state }));
      checkpointStep = step;
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

function requireFiniteStep(batch: Batch, { loss, gradientNorm }: Found, checkpointStep: number): void {
  if (!Number.isFinite(loss)) throw nonFinite(`The loss became ${loss}`, batch, checkpointStep, { loss: String(loss) });
  if (!Number.isFinite(gradientNorm)) {
    throw nonFinite(`The gradients became ${gradientNorm}, with a loss of ${loss},`, batch, checkpointStep, { loss: String(loss), gradientNorm: String(gradientNorm) });
  }
}

/** Weights and running moments can break while the loss stays finite: an activation may swallow NaN. */
function requireFiniteState(state: TensorState, batch: Batch, checkpointStep: number): void {
  for (const [tensor, { values }] of state) {
    const broken = values.find((value) => !Number.isFinite(value));
    if (broken !== undefined) throw nonFinite(`${tensor} became ${broken}, while the loss stayed finite, noticed`, batch, checkpointStep, { tensor, found: String(broken) });
  }
}

function nonFinite(what: string, batch: Batch, checkpointStep: number, details: Record<string, string>): PenumbraError {
  const photos = batch.items.map(({ image }) => image.record.name);
  const kept = checkpointStep === 0 ? 'There is no checkpoint yet.' : `The last checkpoint, of ${checkpointStep} steps, is good and is kept.`;
  return new PenumbraError('NON_FINITE_LOSS', `${what} at step ${batch.step} on ${photos.join(', ')}.`, {
    remedy: `Lower the learning rate, limit the gradients' norm, or look at these photos and their labels. ${kept}`,
    details: { step: batch.step, photos, checkpointStep: checkpointStep === 0 ? null : checkpointStep, ...details },
  });
}

function nothingReadable(): PenumbraError {
  return new PenumbraError('DATASET_EMPTY', 'None of the photos of the first epoch could be used.', {
    remedy: 'Check that the photos are where the dataset was brought from; the log names each one.',
  });
}
