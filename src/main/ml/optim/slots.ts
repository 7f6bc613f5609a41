import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../nn/host-tensor.ts';
import { readTensor } from '../nn/read-tensor.ts';

/** One tensor a parameter that is carried from step to step, such as its velocity. Owns them. */
export class Slots {
  readonly #tf: typeof TF;
  readonly #kind: string;
  readonly #held = new Map<string, Variable>();

  /** @param kind goes before the parameter's name in a checkpoint */
  constructor(tf: typeof TF, kind: string) {
    this.#tf = tf;
    this.#kind = kind;
  }

  get(name: string): Variable | undefined {
    return this.#held.get(name);
  }

  /** The value stays the caller's. */
  set(name: string, value: Tensor): void {
    const known = this.#held.get(name);
    if (known === undefined) this.#held.set(name, this.#tf.variable(value, false));
    else known.assign(value);
  }

  async state(): Promise<[string, HostTensor][]> {
    return Promise.all([...this.#held].map(async ([name, slot]): Promise<[string, HostTensor]> => [`${this.#kind}/${name}`, await readTensor(slot)]));
  }

  /** Takes what is of its kind. */
  restore(state: HostTensors): void {
    this.dispose();
    const prefix = `${this.#kind}/`;
    for (const [key, { shape, values }] of state) {
      if (key.startsWith(prefix)) this.#tf.tidy(() => this.set(key.slice(prefix.length), this.#tf.tensor(values, [...shape], 'float32')));
    }
  }

  dispose(): void {
    for (const slot of this.#held.values()) slot.dispose();
    this.#held.clear();
  }
}

/** @throws when a slot is of no known kind or parameter, as in a checkpoint of another optimiser */
export function requireKnownSlots(state: HostTensors, kinds: readonly string[], names: ReadonlySet<string>): void {
  for (const key of state.keys()) {
    const kind = key.slice(0, key.indexOf('/'));
    if (!kinds.includes(kind) || !names.has(key.slice(kind.length + 1))) throw new Error(`optimiser slot ${key} belongs to no parameter`);
  }
}
