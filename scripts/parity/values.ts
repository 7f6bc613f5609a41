import { elementCount, type HostTensor } from '#main/ml/nn/host-tensor.ts';

/*
 * Values that need no file: each follows from the tensor's name, the place in it and nothing else.
 * tests/fixtures/parity/reference/values.py says the same for PyTorch. Shapes are the reference's.
 */

/** `count` numbers in -1..1. */
function unit(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193) >>> 0;
  const result = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    let x = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    result[i] = (x >>> 0) / 2 ** 31 - 1;
  }
  return result;
}

/** The value of a parameter or moment of this name. */
export function parameterValue(name: string, shape: readonly number[]): HostTensor {
  const { middle, reach } = range(name, shape);
  const units = unit(name, elementCount(shape));
  const values = new Float32Array(units.length);
  // Not Float32Array.from: of the millions of values of a network it takes most of a test's time.
  for (let i = 0; i < values.length; i += 1) values[i] = middle + reach * (units[i] ?? 0);
  return { shape, values };
}

/** Middle and reach keep activations and gradients of deep networks within a few orders of magnitude. */
function range(name: string, shape: readonly number[]): { middle: number; reach: number } {
  if (name.endsWith('running_var')) return { middle: 1, reach: 0.5 };
  if (name.endsWith('running_mean')) return { middle: 0, reach: 0.2 };
  if (name.endsWith('cls_token') || name.endsWith('pos_embed')) return { middle: 0, reach: 0.5 };
  if (shape.length === 1) return name.endsWith('weight') ? { middle: 0.9, reach: 0.2 } : { middle: 0, reach: 0.1 };
  return { middle: 0, reach: Math.sqrt(6 / elementCount(shape.slice(1))) };
}

/** Inputs, and the weights of the loss. */
export function plainValue(name: string, shape: readonly number[]): HostTensor {
  return { shape, values: Float32Array.from(unit(name, elementCount(shape))) };
}
