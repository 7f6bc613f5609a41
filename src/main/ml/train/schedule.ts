/** Where in a run a step stands. */
export interface Moment {
  readonly step: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** The factor on the learning rate at a step. */
export type Schedule = (at: Moment) => number;

export const constant: Schedule = () => 1;

export interface PolyOptions {
  readonly power: number;
  /** Steps between two changes. Default 1; DeepLabV2 takes 10. */
  readonly every?: number;
  /** Steps that the decay is stretched over. Default: those of the run. */
  readonly over?: number;
}

/** "Poly" decay (methods/cam.md §0): (1 − step / steps)^power. */
export function poly({ power, every = 1, over }: PolyOptions): Schedule {
  return ({ step, totalSteps }) => {
    const progress = (step - (step % every)) / (over ?? totalSteps);
    return (1 - Math.min(Math.max(progress, 0), 1)) ** power;
  };
}

/**
 * Poly decay as the PolyOptimizer of psa, IRN and Puzzle-CAM has it: past its last step the rate stays what it was, and does not become 0.
 * The rest of the quirk, momentum that is the weight decay's number, lies in the optimiser's settings (methods/cam.md §0).
 */
export function publishedPoly(options: PolyOptions): Schedule {
  const decay = poly(options);
  return (at) => decay({ ...at, step: Math.min(at.step, (options.over ?? at.totalSteps) - 1) });
}

/** Half a cosine from 1 to 0 over the run. */
export const cosine: Schedule = ({ step, totalSteps }) => (1 + Math.cos(Math.PI * Math.min(step / totalSteps, 1))) / 2;

/** Times `factor` at the end of every so many epochs. */
export function inSteps(everyEpochs: number, factor: number): Schedule {
  return ({ step, stepsPerEpoch }) => factor ** Math.floor(step / (everyEpochs * stepsPerEpoch));
}

/** Times `factor` at the end of each of these epochs; one that stands twice counts twice, as in torch's MultiStepLR. */
export function atMilestones(epochs: readonly number[], factor: number): Schedule {
  return ({ step, stepsPerEpoch }) => factor ** epochs.filter((epoch) => step >= epoch * stepsPerEpoch).length;
}

/** Rises in a straight line from `from` to 1, then begins `then` on the steps that are left. */
export function warmUp(epochs: number, from: number, then: Schedule): Schedule {
  return (at) => {
    const rising = Math.min(Math.round(epochs * at.stepsPerEpoch), at.totalSteps);
    if (at.step < rising) return from + ((1 - from) * at.step) / rising;
    return then({ ...at, step: at.step - rising, totalSteps: at.totalSteps - rising });
  };
}
