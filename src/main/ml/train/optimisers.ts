import { missingCase } from '#shared/errors.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { Parameter } from '../nn/param-store.ts';
import { adamW } from '../optim/adamw.ts';
import { clippedByNorm, clippedByValue } from '../optim/clip.ts';
import { biasesTwice, headFaster } from '../optim/groups.ts';
import type { Optimiser } from '../optim/optimiser.ts';
import { sgd } from '../optim/sgd.ts';
import { atMilestones, constant, cosine, inSteps, poly, publishedPoly, warmUp, type Schedule } from './schedule.ts';

/** How to learn, named as in the stages. */
export interface OptimiserSettings {
  /** `psa`: as the PolyOptimizer of psa, IRN and Puzzle-CAM runs, whose momentum is the weight decay's number; with their four groups. */
  readonly optimiser: 'sgd' | 'nesterov' | 'psa' | 'adamw';
  readonly learningRate: number;
  readonly headMultiplier: number;
  /** Of SGD. */
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: 'poly' | 'cosine' | 'steps' | 'milestones' | 'constant';
  /** Of poly. */
  readonly polyPower: number;
  /** Of steps: epochs between two of them. */
  readonly stepEpochs: number;
  /** Of milestones: the epochs at whose ends they lie. */
  readonly milestones: readonly number[];
  /** Of steps and milestones: what the rate is multiplied by. */
  readonly stepFactor: number;
  /** The decay begins where the warm-up ends, and counts from there. */
  readonly warmUpEpochs: number;
  /** Largest magnitude of any number of the gradients; 0 = any. Comes before the norm. */
  readonly clipValue: number;
  /** Largest global norm of the gradients; 0 = any. */
  readonly clipNorm: number;
}

/** Where warming up begins, as torchvision's references do. */
const WARM_UP_FROM = 1e-3;

export function optimiserOf({ tf }: TensorBackend, learnt: readonly Parameter[], settings: OptimiserSettings): Optimiser {
  const { clipNorm, clipValue } = settings;
  const plain = unclipped();
  const byNorm = clipNorm === 0 ? plain : clippedByNorm(tf, plain, clipNorm);
  return clipValue === 0 ? byNorm : clippedByValue(tf, byNorm, clipValue);

  function unclipped(): Optimiser {
    const { headMultiplier, momentum, weightDecay } = settings;
    const rule = headFaster(headMultiplier, weightDecay);
    switch (settings.optimiser) {
      case 'sgd':
        return sgd(tf, learnt, { ...rule, momentum });
      case 'nesterov':
        return sgd(tf, learnt, { ...rule, momentum, nesterov: true });
      case 'psa':
        return sgd(tf, learnt, { ...biasesTwice(headMultiplier, weightDecay), momentum: weightDecay });
      case 'adamw':
        return adamW(tf, learnt, rule);
      default:
        return missingCase(settings.optimiser);
    }
  }
}

/** The learning rate of the backbone at each step. */
export function scheduleOf(settings: OptimiserSettings): Schedule {
  const { warmUpEpochs } = settings;
  const decay = decayOf(settings);
  return warmUpEpochs === 0 ? decay : warmUp(warmUpEpochs, WARM_UP_FROM, decay);
}

function decayOf({ schedule, optimiser, polyPower, stepEpochs, milestones, stepFactor }: OptimiserSettings): Schedule {
  switch (schedule) {
    case 'poly':
      return optimiser === 'psa' ? publishedPoly({ power: polyPower }) : poly({ power: polyPower });
    case 'cosine':
      return cosine;
    case 'steps':
      return inSteps(stepEpochs, stepFactor);
    case 'milestones':
      return atMilestones(milestones, stepFactor);
    case 'constant':
      return constant;
    default:
      return missingCase(schedule);
  }
}
