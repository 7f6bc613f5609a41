import type { Parameter } from '../nn/param-store.ts';

/** What one optimiser does differently for each parameter. */
export interface ParameterRule {
  /** Factor on the learning rate. */
  multiplier(parameter: Parameter): number;
  weightDecay(parameter: Parameter): number;
}

/** The head's rate multiplied, decay on filters and matrices alone. */
export function headFaster(headMultiplier: number, weightDecay: number): ParameterRule {
  return {
    multiplier: ({ group }) => (group === 'head' ? headMultiplier : 1),
    weightDecay: ({ role }) => (role === 'weight' ? weightDecay : 0),
  };
}

/**
 * The four groups of psa, SC-CAM and Puzzle-CAM (methods/cam.md §0 "Group LRs"): as above, and what is added – biases, shifts of norms – at twice
 * the rate and without decay. Scales of norms decay like filters.
 */
export function biasesTwice(headMultiplier: number, weightDecay: number): ParameterRule {
  const isAdded = ({ role }: Parameter): boolean => role === 'bias' || role === 'shift';
  return {
    multiplier: (parameter) => (parameter.group === 'head' ? headMultiplier : 1) * (isAdded(parameter) ? 2 : 1),
    weightDecay: (parameter) => (isAdded(parameter) ? 0 : weightDecay),
  };
}
