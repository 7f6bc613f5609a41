import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { differentiate } from './unwinding-tape.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const SIZE = 4096;
const DEPTH = 20;

/** A chain of operations that each save a tensor; `reached` is called when the gradient has come back to its beginning. */
function chain(start: Tensor, reached: () => void): Scalar {
  const first = tf.customGrad((x: Tensor | tf.GradSaveFunc) => ({
    value: tf.mul(x as Tensor, 1),
    gradFunc: (dy: Tensor) => {
      reached();
      return tf.mul(dy, 1);
    },
  }));
  let x = first(start);
  for (let i = 0; i < DEPTH; i += 1) x = tf.sin(x);
  return tf.sum<Scalar>(x);
}

describe('differentiate', () => {
  it('gives the gradients that tfjs gives, also where one tensor is used twice, and none where there is none', () => {
    const before = tf.memory().numTensors;
    const [a, b, unused] = [tf.variable(tf.tensor1d([1, 2, 3])), tf.variable(tf.tensor1d([4, 5, 6])), tf.variable(tf.scalar(1))];
    const loss = (): Scalar => {
      const product = tf.mul(a, b);
      return tf.sum<Scalar>(tf.add(tf.add(product, tf.square(product)), tf.add(a, a)));
    };
    const expected = tf.variableGrads(loss, [a, b, unused]);
    const found = differentiate(tf, [a, b, unused], loss);
    expect(found.loss.dataSync()).toEqual(expected.value.dataSync());
    expect([...found.gradients.keys()]).toEqual([a, b]);
    for (const variable of [a, b]) expect(found.gradients.get(variable)?.dataSync()).toEqual(expected.grads[variable.name]?.dataSync());
    tf.dispose([expected.value, ...Object.values(expected.grads), found.loss, ...found.gradients.values()]);
    // Three variables; the tensors that they started from belong to nobody else here.
    expect(tf.memory().numTensors - before).toBe(6);
    tf.disposeVariables();
  });

  it('has let go of what operations saved by the time that the gradient reaches the first one', () => {
    const held = (run: (loss: () => Scalar) => unknown): number => {
      let bytes = 0;
      run(() => chain(start, () => (bytes = tf.memory().numBytes)));
      return bytes - base;
    };
    const start = tf.variable(tf.ones([SIZE]));
    const base = tf.memory().numBytes;
    const tensor = SIZE * 4;
    expect(held((loss) => tf.tidy(() => tf.variableGrads(loss, [start])))).toBeGreaterThan(DEPTH * tensor);
    expect(held((loss) => tf.tidy(() => void differentiate(tf, [start], loss)))).toBeLessThan(4 * tensor);
  });

  it.each([
    ['the loss throws', () => { throw new Error('in the loss'); }],
    ['a gradient throws', () => undefined],
  ])('leaves nothing behind where %s', (what, inLoss) => {
    const start = tf.variable(tf.ones([8]));
    const before = tf.memory().numTensors;
    const loss = (): Scalar => {
      const value = chain(start, () => { throw new Error('in a gradient'); });
      inLoss();
      return value;
    };
    expect(() => differentiate(tf, [start], loss)).toThrow(what === 'the loss throws' ? 'in the loss' : 'in a gradient');
    expect(tf.memory().numTensors).toBe(before);
    // The next tape is not hindered.
    const again = differentiate(tf, [start], () => tf.sum<Scalar>(tf.square(start)));
    expect([...(again.gradients.get(start)?.dataSync() ?? [])]).toEqual(new Array(8).fill(2));
    tf.dispose([again.loss, ...again.gradients.values()]);
    start.dispose();
  });
});
