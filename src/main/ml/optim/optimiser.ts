import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../nn/host-tensor.ts';

/** Changes parameters by their gradients. Owns its slots. */
export interface Optimiser {
  /** One step; gradients by parameter name stay the caller's. Parameters without a gradient stay as they are. */
  step(gradients: ReadonlyMap<string, Tensor>, learningRate: number): void;
  /** Every slot by name, exactly; empty before the first step. */
  state(): Promise<Map<string, HostTensor>>;
  /** Puts slots back, so that the next step gives the bits it would have given. */
  restore(state: HostTensors): void;
  dispose(): void;
}
