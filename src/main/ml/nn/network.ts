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
  /** Which taps are read: others are let go as soon as the network can. Default all. */
  readonly wants?: (name: string) => boolean;
}

export const INFERENCE: Pass = { random: null };

/** Whether a pass reads this tap: what no result needs is computed for it alone. */
export function wants({ tap, wants: isRead }: Pass, name: string): boolean {
  return tap !== undefined && (isRead?.(name) ?? true);
}

export type Layer = (x: Tensor4D, pass: Pass) => Tensor4D;

/** Gives the result of `layer` out as a tap. */
export function tapped(name: string, layer: Layer): Layer {
  return (x, pass) => {
    const y = layer(x, pass);
    pass.tap?.(name, y);
    return y;
  };
}

/**
 * One after another. Each frees what it made but its result, its taps and what a tape keeps, and each result goes once the next one stands, so that
 * memory does not grow with depth.
 */
export function sequence(tf: typeof TF, layers: readonly Layer[]): Layer {
  return (x, pass) => {
    // What others read too.
    const shared = new Set<Tensor>([x]);
    return layers.reduce((value, layer) => {
      const { y, taps } = tidied(tf, layer, value, pass);
      for (const tensor of taps) shared.add(tensor);
      if (y !== value && !shared.has(value)) value.dispose();
      return y;
    }, x);
  };
}

function tidied(tf: typeof TF, layer: Layer, x: Tensor4D, pass: Pass): { y: Tensor4D; taps: Tensor[] } {
  const { tap, wants = () => true } = pass;
  const found: [string, Tensor][] = [];
  const inner: Pass = tap === undefined ? pass : { ...pass, tap: (name, value) => (wants(name) ? found.push([name, value]) : 0) };
  const result = tf.tidy(() => {
    const y = layer(x, inner);
    return { y, taps: found.map(([, value]) => value) };
  });
  for (const [name, value] of found) tap?.(name, value);
  return result;
}

/** Runs `body` and returns those of its taps that are named; all go on to the pass. */
export function collecting(pass: Pass, names: readonly string[], body: (pass: Pass) => void): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  const { tap, wants = () => true } = pass;
  body({
    ...pass,
    wants: (name) => names.includes(name) || (tap !== undefined && wants(name)),
    tap: (name, value) => {
      if (names.includes(name)) found.set(name, value);
      tap?.(name, value);
    },
  });
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`the network has no tap named ${missing.join(', ')}`);
  return found;
}
