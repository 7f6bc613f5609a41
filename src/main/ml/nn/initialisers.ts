import type { Random } from '../random/random.ts';
import { elementCount } from './host-tensor.ts';

/** Values for a new parameter of this shape (engine layout). */
export type Initialiser = (shape: readonly number[]) => Float32Array;

export function constant(value: number): Initialiser {
  return (shape) => new Float32Array(elementCount(shape)).fill(value);
}

/**
 * He et al. 2015, fan out, for ReLU (torch `kaiming_normal_(mode='fan_out')`): sd = sqrt(2 / (kh·kw·Cout)); depthwise filters count one
 * channel.
 */
export function kaimingNormal(random: Random): Initialiser {
  return (shape) => {
    const [rows = 1, columns = 1, , outputs = 1] = shape;
    const deviation = Math.sqrt(2 / (rows * columns * outputs));
    return new Float32Array(elementCount(shape)).map(() => random.normal() * deviation);
  };
}

/** Glorot and Bengio 2010 (torch `xavier_uniform_`): uniform in ±sqrt(6 / (fan in + fan out)). */
export function xavierUniform(random: Random): Initialiser {
  return (shape) => {
    const [rows = 1, columns = 1, inputs = 1, outputs = 1] = shape;
    const bound = Math.sqrt(6 / (rows * columns * (inputs + outputs)));
    return new Float32Array(elementCount(shape)).map(() => random.between(-bound, bound));
  };
}

/** Normal around 0. */
export function normal(random: Random, deviation: number): Initialiser {
  return (shape) => new Float32Array(elementCount(shape)).map(() => random.normal() * deviation);
}
