import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../nn/host-tensor.ts';
import type { Parameter } from '../nn/param-store.ts';
import { requireKnownSlots, Slots } from './slots.ts';

/**
 * Exponential moving average of what learns, as torch.optim.swa_utils' get_ema_multi_avg_fn: the first is the weights after the first step, then
 * a ← a + (1 − decay)(w − a). Running moments of norms are not averaged: the newest ones are used.
 */
export class WeightAverage {
  readonly #tf: typeof TF;
  readonly #parameters: readonly Parameter[];
  readonly #decay: number;
  readonly #averages: Slots;

  constructor(tf: typeof TF, parameters: readonly Parameter[], decay: number) {
    this.#tf = tf;
    this.#parameters = parameters;
    this.#decay = decay;
    this.#averages = new Slots(tf, 'average');
  }

  /** Call after each step. */
  update(): void {
    const tf = this.#tf;
    for (const { name, variable } of this.#parameters) {
      tf.tidy(() => {
        const known = this.#averages.get(name);
        this.#averages.set(name, known === undefined ? variable : tf.add(known, tf.mul(tf.sub(variable, known), 1 - this.#decay)));
      });
    }
  }

  /** Runs `use` with the averages in place of the weights, then puts the weights back. */
  async inPlace(use: () => Promise<void>): Promise<void> {
    const weights = this.#parameters.map(({ variable }): Tensor => this.#tf.clone(variable));
    try {
      this.settle();
      await use();
    } finally {
      this.#parameters.forEach(({ variable }, at) => variable.assign(weights[at] as Tensor));
      this.#tf.dispose(weights);
    }
  }

  /** Puts the averages in place of the weights. */
  settle(): void {
    for (const { name, variable } of this.#parameters) {
      const average = this.#averages.get(name);
      if (average !== undefined) this.#tf.tidy(() => variable.assign(this.#tf.clone(average)));
    }
  }

  async state(): Promise<[string, HostTensor][]> {
    return this.#averages.state();
  }

  restore(state: HostTensors): void {
    requireKnownSlots(state, ['average'], new Set(this.#parameters.map(({ name }) => name)));
    this.#averages.restore(state);
  }

  dispose(): void {
    this.#averages.dispose();
  }
}
