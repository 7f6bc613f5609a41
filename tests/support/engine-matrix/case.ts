import type { Tensor } from '@tensorflow/tfjs-core';
import type { Network, Pass } from '#main/ml/nn/network.ts';
import { randomFor } from '#main/ml/random/random.ts';

export type Inputs = Readonly<Record<string, Tensor>>;

/** One operation, layer or loss of the engine matrix. */
export interface Case {
  readonly name: string;
  /** Shapes of what is differentiated. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Keeps values this far from 0, where a kink is; `distinct`: no two nearly alike. */
  readonly values?: 'away from kinks' | 'distinct';
  /** Made once; parameters that it declares are differentiated too. */
  make(network: Network): (inputs: Inputs) => Tensor;
}

/** Shape of most inputs. */
export const X = [2, 6, 7, 4] as const;
/** A training pass that draws the same numbers each time. */
export const training = (): Pass => ({ random: randomFor(7, 'dropout') });
