import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { differentiate } from '#main/ml/backend/unwinding-tape.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { plainValue } from '../../../scripts/parity/values.ts';
import type { Case, Inputs } from './case.ts';

export interface Result {
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** A case on one engine: variables to move, and what the loss and the result are where they stand. WebGPU gives numbers back asynchronously alone. */
export class Setting {
  readonly variables = new Map<string, Variable>();
  readonly #backend: TensorBackend;
  readonly #parameters: ParamStore;
  readonly #run: (inputs: Inputs) => Tensor;
  readonly #inputs: readonly string[];

  constructor(backend: TensorBackend, sample: Case) {
    this.#backend = backend;
    this.#parameters = new ParamStore(backend.tf);
    this.#inputs = Object.keys(sample.inputs);
    this.#run = sample.make({ backend, parameters: this.#parameters });
    for (const [name, shape] of Object.entries(sample.inputs)) {
      const start = values(`${sample.name} ${name}`, shape, sample.values);
      // A variable outlives the tidy; the tensor it starts from does not.
      const box: { variable?: Variable } = {};
      backend.tf.tidy(() => void (box.variable = backend.tf.variable(upload(backend, start, shape))));
      if (box.variable !== undefined) this.variables.set(name, box.variable);
    }
    for (const parameter of this.#parameters.list()) {
      const { name, variable, role, shape } = parameter;
      const base = role === 'statistic' && name.endsWith('var') ? 1 : role === 'scale' ? 0.8 : 0;
      const start = plainValue(`${sample.name} ${name}`, shape).values.map((u) => base + 0.4 * u);
      backend.tf.tidy(() => variable.assign(upload(backend, start, shape)));
      if (role !== 'statistic') this.variables.set(name, variable);
    }
  }

  /** The result, weighted so that each place of it matters alike, summed. */
  loss(): Scalar {
    const { tf } = this.#backend;
    const y = this.#forward();
    return tf.sum(tf.mul(y, upload(this.#backend, plainValue('weights', y.shape).values, y.shape)));
  }

  async lossValue(): Promise<number> {
    const loss = this.#backend.tf.tidy(() => this.loss());
    const [value = Number.NaN] = await loss.data<'float32'>();
    loss.dispose();
    return value;
  }

  async result(): Promise<Result> {
    const { tf } = this.#backend;
    const y = tf.tidy(() => this.#forward());
    const { loss, gradients: found } = differentiate(tf, [...this.variables.values()], () => this.loss());
    const gradients = new Map<string, Float32Array>();
    for (const [name, variable] of this.variables) gradients.set(name, (await found.get(variable)?.data<'float32'>())?.slice() ?? new Float32Array());
    const result = { shape: y.shape, value: (await y.data<'float32'>()).slice(), gradients };
    tf.dispose([y, loss, ...found.values()]);
    return result;
  }

  #forward(): Tensor {
    return this.#run(Object.fromEntries(this.#inputs.map((name) => [name, this.variables.get(name) as Tensor])));
  }

  /** The slope of the loss along a direction of one variable, from values alone. */
  async slope(name: string, direction: Float32Array, step: number): Promise<number> {
    const variable = this.variables.get(name) as Variable;
    const start = (await variable.data<'float32'>()).slice();
    const at = async (by: number): Promise<number> => {
      this.#backend.tf.tidy(() => variable.assign(upload(this.#backend, start.map((v, i) => v + by * (direction[i] ?? 0)), variable.shape)));
      return this.lossValue();
    };
    const slope = ((await at(step)) - (await at(-step))) / (2 * step);
    await at(0);
    return slope;
  }

  dispose(): void {
    const ours = this.#inputs.map((name) => this.variables.get(name) as Variable);
    this.#parameters.dispose();
    this.#backend.tf.dispose(ours);
  }
}

export function upload(backend: TensorBackend, numbers: Float32Array, shape: readonly number[]): Tensor {
  return backend.tf.tensor(numbers, [...shape], 'float32');
}

function values(name: string, shape: readonly number[], wish: Case['values']): Float32Array {
  const { values: plain } = plainValue(name, shape);
  if (wish === 'away from kinks') return plain.map((u) => Math.sign(u) * (0.1 + 0.9 * Math.abs(u)) * (Math.abs(u) > 0.9 ? 1.4 : 1));
  if (wish !== 'distinct') return plain;
  const order = [...plain.keys()].sort((a, b) => (plain[a] ?? 0) - (plain[b] ?? 0));
  const result = new Float32Array(plain.length);
  for (const [rank, place] of order.entries()) result[place] = (2 * rank) / plain.length - 1;
  return result;
}
