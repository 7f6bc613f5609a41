import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { IGNORE } from '#shared/domain/classes.ts';

/**
 * Softmax cross-entropy over pixels, as torch's cross_entropy(ignore_index=255): the mean over the pixels of the whole batch that are
 * not ignored;
 * 0 where all are.
 * @param logits [B, H, W, C]
 * @param labels [B·H·W] class indices below C, or 255
 * @throws RangeError on a label that is no class
 */
export function pixelCrossEntropy(tf: typeof TF, logits: Tensor4D, labels: Uint8Array): Scalar {
  const [batch, height, width, classes] = logits.shape;
  const pixels = batch * height * width;
  if (labels.length !== pixels) throw new RangeError(`cross-entropy: ${labels.length} labels for logits of ${pixels} pixels`);
  const { index, weight } = labelWeights(labels, classes);
  const flat: Tensor2D = tf.reshape(logits, [pixels, classes]);
  const target = tf.oneHot(tf.tensor1d(index, 'int32'), classes, 1, 0, 'float32'); // [pixels, C]
  return softmaxCrossEntropy(tf, flat, target as Tensor2D, weight);
}

/** Class 0 stands in where the weight is 0. Weights sum to 1 unless every pixel is ignored. */
function labelWeights(labels: Uint8Array, classes: number): { index: Int32Array; weight: Float32Array } {
  const index = new Int32Array(labels.length);
  let counted = 0;
  for (let pixel = 0; pixel < labels.length; pixel += 1) {
    const label = labels[pixel] ?? IGNORE;
    if (label === IGNORE) continue;
    if (label >= classes) throw new RangeError(`cross-entropy: label ${label} at pixel ${pixel}; expected below ${classes}, or ${IGNORE}`);
    index[pixel] = label;
    counted += 1;
  }
  const weight = new Float32Array(labels.length);
  for (let pixel = 0; pixel < labels.length; pixel += 1) weight[pixel] = labels[pixel] === IGNORE ? 0 : 1 / counted;
  return { index, weight };
}

/** Σ weight · (logsumexp(z) − z[target]); its gradient, (softmax(z) − target) · weight, is one pass instead of the tape's many. */
function softmaxCrossEntropy(tf: typeof TF, logits: Tensor2D, target: Tensor2D, weight: Float32Array): Scalar {
  const perRow = tf.tensor2d(weight, [weight.length, 1]);
  const loss = tf.customGrad((z: TF.Tensor | TF.GradSaveFunc, save: TF.Tensor | TF.GradSaveFunc) => {
    const scores = z as Tensor2D;
    const logProbability = tf.logSoftmax(scores); // [pixels, C]
    const value = tf.neg(tf.sum<Scalar>(tf.mul(tf.mul(logProbability, target), perRow)));
    // The tape ends the scope of everything it is not told to keep.
    (save as TF.GradSaveFunc)([logProbability, target, perRow]);
    return {
      value,
      gradFunc: (dy: TF.Tensor, saved: TF.Tensor[]) => {
        const [logs, targets, weights] = saved as [Tensor2D, Tensor2D, Tensor2D];
        return tf.mul(tf.mul(tf.sub(tf.exp(logs), targets), weights), dy);
      },
    };
  });
  return loss(logits);
}
