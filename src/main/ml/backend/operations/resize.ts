import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ResizedPart } from '../ops.ts';

type TfNamespace = typeof TF;

/**
 * Row-stochastic matrix [output, input] of one-dimensional linear interpolation, row-major.
 * Source: torch `upsample_bilinear2d` index rule, networks-formats.md §0.
 */
function interpolationMatrix(input: number, output: number, sourceOf: (i: number) => number): Float32Array {
  const matrix = new Float32Array(output * input);
  for (let i = 0; i < output; i += 1) {
    const source = sourceOf(i);
    const low = Math.min(Math.floor(source), input - 1);
    const high = Math.min(low + 1, input - 1);
    const weightHigh = source - low;
    const row = i * input;
    matrix[row + low] = (matrix[row + low] ?? 0) + 1 - weightHigh;
    matrix[row + high] = (matrix[row + high] ?? 0) + weightHigh;
  }
  return matrix;
}

/** Where output i of `output` reads among `input`. */
function bySize(input: number, output: number, alignCorners: boolean): (i: number) => number {
  if (alignCorners) return (i) => (output === 1 ? 0 : (i * (input - 1)) / (output - 1));
  return (i) => Math.max(((i + 0.5) * input) / output - 0.5, 0);
}

/** Left product along height then width: rows [h, H], columns [w, W]; x [B, H, W, C] -> [B, h, w, C]. No transposes are needed. */
function apply(tf: TfNamespace, x: Tensor4D, rows: Tensor2D, columns: Tensor2D, transposed: boolean): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const outHeight = transposed ? rows.shape[1] : rows.shape[0];
  const outWidth = transposed ? columns.shape[1] : columns.shape[0];
  // [B, h, W*C]
  const byRow = tf.matMul(tf.expandDims<Tensor3D>(rows, 0), tf.reshape(x, [batch, height, width * channels]), transposed, false);
  const byColumn = tf.matMul(
    tf.expandDims<Tensor3D>(columns, 0),
    tf.reshape(byRow, [batch * outHeight, width, channels]),
    transposed,
    false,
  ); // [B*h, w, C]
  return tf.reshape(byColumn, [batch, outHeight, outWidth, channels]);
}

/** See `TensorOps.resizeBilinear`. */
export function resizeBilinear(tf: TfNamespace, x: Tensor4D, size: readonly [number, number], alignCorners: boolean, part?: ResizedPart): Tensor4D {
  if (part !== undefined) return resizedPart(tf, x, size, alignCorners, part);
  return resized(tf, x, size, (input, output) => bySize(input, output, alignCorners));
}

/** See `TensorOps.scaleBilinear`. */
export function scaleBilinear(tf: TfNamespace, x: Tensor4D, factor: number): Tensor4D {
  const [, height, width] = x.shape;
  const size = [Math.floor(height * factor), Math.floor(width * factor)] as const;
  return resized(tf, x, size, () => (i) => Math.max((i + 0.5) / factor - 0.5, 0));
}

function resized(
  tf: TfNamespace,
  x: Tensor4D,
  [outHeight, outWidth]: readonly [number, number],
  sourceOf: (input: number, output: number) => (i: number) => number,
): Tensor4D {
  const [, height, width] = x.shape;
  if (height === outHeight && width === outWidth) return tf.clone(x);
  const matrix = (input: number, output: number): Tensor2D =>
    tf.tensor2d(interpolationMatrix(input, output, sourceOf(input, output)), [output, input]);
  const resize = tf.customGrad((input: TF.Tensor | TF.GradSaveFunc) => {
    const matrices = (): [Tensor2D, Tensor2D] => [matrix(height, outHeight), matrix(width, outWidth)];
    return {
      value: apply(tf, input as Tensor4D, ...matrices(), false),
      gradFunc: (dy: TF.Tensor) => apply(tf, dy as Tensor4D, ...matrices(), true),
    };
  });
  return resize(x) as Tensor4D;
}

/** Reads only those rows and columns that the part depends on; each of its numbers is the same sum as in the whole. */
function resizedPart(tf: TfNamespace, x: Tensor4D, [outHeight, outWidth]: readonly [number, number], alignCorners: boolean, part: ResizedPart): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const down = partOf(height, bySize(height, outHeight, alignCorners), part.top, part.height);
  const across = partOf(width, bySize(width, outWidth, alignCorners), part.left, part.width);
  const seen = tf.slice(x, [0, down.first, across.first, 0], [batch, down.count, across.count, channels]);
  const matrix = ({ count, sourceOf }: Span, output: number): Tensor2D => tf.tensor2d(interpolationMatrix(count, output, sourceOf), [output, count]);
  return apply(tf, seen, matrix(down, part.height), matrix(across, part.width), false);
}

interface Span {
  /** The first source that is read, and how many. */
  readonly first: number;
  readonly count: number;
  /** Position among those of output i of the part. */
  readonly sourceOf: (i: number) => number;
}

function partOf(input: number, sourceOf: (i: number) => number, from: number, length: number): Span {
  const first = Math.min(Math.floor(sourceOf(from)), input - 1);
  const last = Math.min(Math.floor(sourceOf(from + length - 1)) + 1, input - 1);
  return { first, count: last - first + 1, sourceOf: (i) => sourceOf(from + i) - first };
}
