import type * as TF from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor, HostTensors } from './host-tensor.ts';
import { readTensor } from './read-tensor.ts';
import { fromReference, toReference, type ParameterLayout } from './layout.ts';
import { fitOf, type Fit, type FitOptions } from './weights-fit.ts';

/** Which learning rate a parameter takes: pretrained parts move slowly, new ones fast. */
export type ParameterGroup = 'backbone' | 'head';

/**
 * weight: filters and matrices; bias: added; scale and shift: batch norm's affine part; statistic: running moments, never learnt by
 * gradient.
 */
export type ParameterRole = 'weight' | 'bias' | 'scale' | 'shift' | 'statistic';

export interface ParameterDeclaration {
  /** The reference's name, such as `_blocks.0._depthwise_conv.weight`. */
  readonly name: string;
  /** In the engine's layout. */
  readonly shape: readonly number[];
  readonly layout: ParameterLayout;
  readonly role: ParameterRole;
  readonly group: ParameterGroup;
  readonly trainable: boolean;
  /** Running moments that take in each training batch: they change without being learnt. Default false. */
  readonly followsBatches?: boolean;
  /** Row-major values in the engine's layout. */
  initial(): Float32Array;
}

export interface Parameter extends Omit<ParameterDeclaration, 'initial'> {
  readonly followsBatches: boolean;
  readonly variable: TF.Variable;
}

/** What layers need of a store. */
export interface Parameters {
  declare(declaration: ParameterDeclaration): Parameter;
  /**
   * Tensors computed once from parameters that only `load` changes, such as a filter with a frozen norm folded in. The store owns them.
   * @param key unique to this computation
   */
  derived<T extends readonly TF.Tensor[]>(key: string, compute: () => T): T;
  /** Whether nothing of this store ever learns or is exported, so that `fold` may be used. */
  readonly forInference: boolean;
  /**
   * Once after each load, puts a value in the place of a parameter's own, such as its filter with the norm folded in, and keeps another tensor beside
   * it: nothing is held twice.
   * @returns that other tensor; the store owns it
   */
  fold(parameter: Parameter, compute: () => readonly [own: TF.Tensor, other: TF.Tensor1D]): TF.Tensor1D;
}

/** The part of a store whose names begin with `prefix`, a dot included where there should be one. */
export function withPrefix(parameters: Parameters, prefix: string): Parameters {
  return {
    declare: (declaration) => parameters.declare({ ...declaration, name: prefix + declaration.name }),
    derived: (key, compute) => parameters.derived(prefix + key, compute),
    forInference: parameters.forInference,
    fold: (parameter, compute) => parameters.fold(parameter, compute),
  };
}

/** The same store, in which parameters whose whole names match never learn. */
export function withFrozen(parameters: Parameters, frozen: RegExp): Parameters {
  return {
    declare: (declaration) => parameters.declare({ ...declaration, trainable: declaration.trainable && !frozen.test(declaration.name) }),
    derived: (key, compute) => parameters.derived(key, compute),
    forInference: parameters.forInference,
    fold: (parameter, compute) => parameters.fold(parameter, compute),
  };
}

/** The parameters of one network by the reference's names. Owns its variables. */
export class ParamStore implements Parameters {
  readonly #tf: typeof TF;
  readonly #parameters = new Map<string, Parameter>();
  readonly #derived = new Map<string, readonly TF.Tensor[]>();

  readonly forInference: boolean;

  /** @param options.forInference see `Parameters`; such a store can't be exported */
  constructor(tf: typeof TF, { forInference = false }: { forInference?: boolean } = {}) {
    this.#tf = tf;
    this.forInference = forInference;
  }

  declare(declaration: ParameterDeclaration): Parameter {
    const { name, shape, layout, role, group, followsBatches = false } = declaration;
    const trainable = declaration.trainable && !this.forInference;
    if (this.#parameters.has(name)) throw new Error(`parameter ${name} is declared twice`);
    const tensor = uploaded(this.#tf, declaration.initial(), shape);
    const variable = this.#tf.variable(tensor, trainable);
    tensor.dispose();
    const parameter: Parameter = { name, shape, layout, role, group, trainable, followsBatches, variable };
    this.#parameters.set(name, parameter);
    return parameter;
  }

  get(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) throw new Error(`no parameter named ${name}`);
    return parameter;
  }

  list(): readonly Parameter[] {
    return [...this.#parameters.values()];
  }

  trainable(): readonly Parameter[] {
    return this.list().filter((parameter) => parameter.trainable);
  }

  derived<T extends readonly TF.Tensor[]>(key: string, compute: () => T): T {
    const known = this.#derived.get(key) as T | undefined;
    if (known !== undefined) return known;
    const tensors = this.#tf.tidy(() => compute().map((tensor) => this.#tf.keep(tensor))) as unknown as T;
    this.#derived.set(key, tensors);
    return tensors;
  }

  fold(parameter: Parameter, compute: () => readonly [own: TF.Tensor, other: TF.Tensor1D]): TF.Tensor1D {
    if (!this.forInference) throw new Error(`${parameter.name} would be lost to whoever exports the network`);
    const [other] = this.derived(parameter.name, () => {
      const [own, beside] = compute();
      parameter.variable.assign(own);
      return [beside] as const;
    });
    return other;
  }

  #forgetDerived(): void {
    for (const tensors of this.#derived.values()) this.#tf.dispose([...tensors]);
    this.#derived.clear();
  }

  /** Every value in the reference's layout, in order of declaration. */
  async export(): Promise<Map<string, HostTensor>> {
    if (this.forInference) throw new Error('a network for inference holds norms folded into filters; build it without forInference to export it');
    const values = new Map<string, HostTensor>();
    for (const { name, layout, variable } of this.list()) values.set(name, toReference(await readTensor(variable), layout));
    return values;
  }

  /**
   * Takes values in the reference's layout. All or nothing: refuses keys that fit nothing, parameters without a value and wrong shapes,
   * unless `ignore` names them.
   * @throws PenumbraError WEIGHTS_MISMATCH listing every such key; WEIGHTS_MALFORMED when a value is NaN or infinite, or a running variance negative
   */
  load(tensors: HostTensors, options: FitOptions): Omit<Fit<Parameter>, 'fitting'> {
    const { fitting, missing, unused } = fitOf(this.list(), tensors, options);
    for (const [parameter, tensor] of fitting) {
      refuseNonFinite(options.source, parameter.name, tensor);
      refuseNegativeVariance(options.source, parameter, tensor);
    }
    for (const [parameter, tensor] of fitting) this.#assign(parameter, tensor);
    this.#forgetDerived();
    return { missing, unused };
  }

  #assign(parameter: Parameter, tensor: HostTensor): void {
    const { values } = fromReference(tensor, parameter.layout);
    const value = uploaded(this.#tf, values, parameter.shape);
    parameter.variable.assign(value);
    value.dispose();
  }

  dispose(): void {
    this.#forgetDerived();
    for (const { variable } of this.list()) variable.dispose();
    this.#parameters.clear();
  }
}

/** tfjs keeps an array until an operation first reads it, beside what held the tensor before: weights would be held twice. */
function uploaded(tf: typeof TF, values: Float32Array, shape: readonly number[]): TF.Tensor {
  return tf.tidy(() => tf.reshape(tf.tensor(values, [...shape], 'float32'), [...shape]));
}

/** Weights of a run that went wrong would give quiet nonsense. */
function refuseNonFinite(source: string, key: string, { values }: HostTensor): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new PenumbraError('WEIGHTS_MALFORMED', `The weights in ${source} are broken: ${key} holds ${values[at] ?? 0} at position ${at}; expected finite numbers.`, {
    remedy: 'Choose a checkpoint from before the run went wrong; "penumbra model inspect" lists every such tensor.',
    details: { source, key, position: at, found: String(values[at]) },
  });
}

/** Some kernels take the root of its size, others give NaN that a ReLU turns into 0: plausible numbers either way. */
function refuseNegativeVariance(source: string, { name, role }: Parameter, { values }: HostTensor): void {
  if (role !== 'statistic' || !name.endsWith('running_var')) return;
  const at = values.findIndex((value) => value < 0);
  if (at < 0) return;
  throw new PenumbraError('WEIGHTS_MALFORMED', `The weights in ${source} are broken: ${name}, a variance, holds ${values[at] ?? 0} at position ${at}; expected numbers from 0.`, {
    remedy: 'Choose another checkpoint; "penumbra model inspect" lists every such tensor.',
    details: { source, key: name, position: at, found: String(values[at]) },
  });
}
