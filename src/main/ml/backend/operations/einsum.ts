import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

type TfNamespace = typeof TF;

/** A tensor whose axes have letters. */
interface Lettered {
  readonly tensor: Tensor;
  readonly letters: readonly string[];
}

/** See `TensorOps.einsum`. One operand after another is multiplied on; every piece, up to the batched matrix product, has a right gradient. */
export function einsum(tf: TfNamespace, equation: string, operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parsed(equation, operands);
  const lettered = operands.map((tensor, i): Lettered => ({ tensor, letters: inputs[i] ?? [] }));
  const result = lettered.reduce((left, right, at) => {
    const wanted = new Set([...output, ...inputs.slice(at + 1).flat()]);
    return contracted(tf, reduced(tf, left, new Set([...wanted, ...right.letters])), reduced(tf, right, new Set([...wanted, ...left.letters])), wanted);
  });
  const found = arranged(tf, reduced(tf, result, new Set(output)), output);
  // The caller owns it, and may dispose it.
  return operands.includes(found) ? tf.clone(found) : found;
}

function parsed(equation: string, operands: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const refuse = (why: string): Error => new Error(`einsum "${equation}": ${why}`);
  const match = /^([a-zA-Z,]*)->([a-zA-Z]*)$/.exec(equation.replaceAll(' ', ''));
  if (match === null) throw refuse('expected letters such as ab,bc->ac');
  const inputs = (match[1] ?? '').split(',').map((part) => Array.from(part));
  const output = Array.from(match[2] ?? '');
  if (inputs.length !== operands.length) throw refuse(`${inputs.length} terms for ${operands.length} tensors`);
  const sizes = new Map<string, number>();
  for (const [i, letters] of inputs.entries()) {
    const { shape } = operands[i] as Tensor;
    if (letters.length !== shape.length) throw refuse(`"${letters.join('')}" for a tensor of shape [${shape.join(', ')}]`);
    for (const [axis, letter] of letters.entries()) {
      const size = shape[axis] ?? 0;
      if ((sizes.get(letter) ?? size) !== size) throw refuse(`${letter} is ${sizes.get(letter) ?? 0} and ${size}`);
      sizes.set(letter, size);
    }
  }
  if ([...inputs, output].some((letters) => new Set(letters).size !== letters.length)) throw refuse('a letter twice in one term');
  if (!output.every((letter) => sizes.has(letter))) throw refuse('the result has a letter that no term has');
  return { inputs, output };
}

/** Sums over the axes that nobody wants. */
function reduced(tf: TfNamespace, { tensor, letters }: Lettered, wanted: ReadonlySet<string>): Lettered {
  const axes = letters.flatMap((letter, axis) => (wanted.has(letter) ? [] : [axis]));
  return axes.length === 0 ? { tensor, letters } : { tensor: tf.sum(tensor, axes), letters: letters.filter((letter) => wanted.has(letter)) };
}

/** The product, summed over the axes that both have and nobody wants. */
function contracted(tf: TfNamespace, left: Lettered, right: Lettered, wanted: ReadonlySet<string>): Lettered {
  const shared = left.letters.filter((letter) => right.letters.includes(letter));
  const [batch, summed] = [shared.filter((letter) => wanted.has(letter)), shared.filter((letter) => !wanted.has(letter))];
  const [rows, columns] = [left, right].map(({ letters }) => letters.filter((letter) => !shared.includes(letter))) as [string[], string[]];
  const size = (letters: readonly string[]): number => letters.reduce((total, letter) => total * sizeOf(letter, [left, right]), 1);
  const [a, b] = [arranged(tf, left, [...batch, ...rows, ...summed]), arranged(tf, right, [...batch, ...summed, ...columns])];
  const product = tf.matMul<TF.Tensor3D>(tf.reshape(a, [size(batch), size(rows), size(summed)]), tf.reshape(b, [size(batch), size(summed), size(columns)]));
  const letters = [...batch, ...rows, ...columns];
  return { tensor: tf.reshape(product, letters.map((letter) => size([letter]))), letters };
}

function arranged(tf: TfNamespace, { tensor, letters }: Lettered, order: readonly string[]): Tensor {
  const axes = order.map((letter) => letters.indexOf(letter));
  return axes.every((axis, place) => axis === place) ? tensor : tf.transpose(tensor, axes);
}

function sizeOf(letter: string, operands: readonly Lettered[]): number {
  for (const { tensor, letters } of operands) if (letters.includes(letter)) return tensor.shape[letters.indexOf(letter)] ?? 0;
  throw new Error(`no operand has ${letter}`);
}
