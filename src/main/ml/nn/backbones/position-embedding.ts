import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';

/** torch's cubic kernel. */
const A = -0.75;

/**
 * Position embeddings for another grid of patches: bicubic as torch's interpolate(size=…) without antialiasing; the class token's stays.
 * positions [1, 1 + grid², C] -> [1, 1 + rows · columns, C]
 */
export function resizePositions(tf: typeof TF, positions: Tensor3D, grid: number, [rows, columns]: readonly [number, number]): Tensor3D {
  if (rows === grid && columns === grid) return positions;
  const channels = positions.shape[2];
  const [down, across] = [cubicWeights(grid, rows), cubicWeights(grid, columns)];
  // One matrix for both directions: place (i, j) reads place (y, x) by the product of its two weights.
  const weights = new Float32Array(rows * columns * grid * grid);
  let at = 0;
  for (const row of down) for (const column of across) for (const y of row) for (const x of column) weights[at++] = y * x;
  const matrix = tf.tensor2d(weights, [rows * columns, grid * grid]);
  const patches = tf.reshape<TF.Rank.R2>(tf.slice(positions, [0, 1, 0], [1, grid * grid, channels]), [grid * grid, channels]);
  const resized = tf.reshape<TF.Rank.R3>(tf.matMul(matrix, patches), [1, rows * columns, channels]);
  return tf.concat([tf.slice<TF.Rank.R3, Tensor3D>(positions, [0, 0, 0], [1, 1, channels]), resized], 1);
}

/** For each output, the weight of every input; places beyond an edge count for the edge. */
function cubicWeights(input: number, output: number): number[][] {
  return Array.from({ length: output }, (_, i) => {
    const source = ((i + 0.5) * input) / output - 0.5;
    const base = Math.floor(source);
    const row = new Array<number>(input).fill(0);
    for (let tap = base - 1; tap <= base + 2; tap += 1) {
      const place = Math.min(Math.max(tap, 0), input - 1);
      row[place] = (row[place] ?? 0) + cubic(Math.abs(source - tap));
    }
    return row;
  });
}

function cubic(distance: number): number {
  if (distance <= 1) return ((A + 2) * distance - (A + 3)) * distance ** 2 + 1;
  return ((distance - 5) * distance + 8) * distance * A - 4 * A;
}
