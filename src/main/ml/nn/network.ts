import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import type { Random } from '../random/random.ts';
import type { Parameters } from './param-store.ts';

/** Where layers declare their parameters and find their operations. */
export interface Network {
  readonly backend: TensorBackend;
  readonly parameters: Parameters;
}

/** How a pass runs. `random` feeds dropout; a pass without it is inference: running statistics, no dropout. */
export interface Pass {
  readonly random: Random | null;
  /** Called with inner results by their names as they come about; the tensors belong to the tidy around the pass. */
  readonly tap?: (name: string, value: Tensor) => void;
}

export const INFERENCE: Pass = { random: null };

export type Layer = (x: Tensor4D, pass: Pass) => Tensor4D;

/** Gives the result of `layer` out as a tap. */
export function tapped(name: string, layer: Layer): Layer {
  return (x, pass) => {
    const y = layer(x, pass);
    pass.tap?.(name, y);
    return y;
  };
}

/** One after another. Each frees what it made but its result, its taps and what a tape keeps, so that memory does not grow with depth. */
export function sequence(tf: typeof TF, layers: readonly Layer[]): Layer {
  return (x, pass) => layers.reduce((value, layer) => tidied(tf, layer, value, pass), x);
}

function tidied(tf: typeof TF, layer: Layer, x: Tensor4D, pass: Pass): Tensor4D {
  const taps: [string, Tensor][] = [];
  const inner: Pass = { ...pass, tap: (name, value) => taps.push([name, value]) };
  const { y } = tf.tidy(() => {
    const result = layer(x, inner);
    return { y: result, kept: pass.tap === undefined ? [] : taps.map(([, value]) => value) };
  });
  for (const [name, value] of taps) pass.tap?.(name, value);
  return y;
}

/** Runs `body` and returns those of its taps that are named; all go on to the pass. */
export function collecting(pass: Pass, names: readonly string[], body: (pass: Pass) => void): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  body({
    ...pass,
    tap: (name, value) => {
      if (names.includes(name)) found.set(name, value);
      pass.tap?.(name, value);
    },
  });
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`the network has no tap named ${missing.join(', ')}`);
  return found;
}
