import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { IGNORE } from '#shared/domain/classes.ts';
import type { TensorBackend } from '../backend/backend.ts';

/**
 * Softmax cross-entropy over pixels, as torch's cross_entropy(ignore_index=255): the mean over the pixels of the whole batch that are
 * not ignored;
 * 0 where all are.
 * @param logits [B, H, W, C]
 * @param labels [B·H·W] class indices below C, or 255
 * @throws RangeError on a label that is no class
 */
export function pixelCrossEntropy({ tf, ops }: TensorBackend, logits: Tensor4D, labels: Uint8Array): Scalar {
  const [batch, height, width, classes] = logits.shape;
  const pixels = batch * height * width;
  if (labels.length !== pixels) throw new RangeError(`cross-entropy: ${labels.length} labels for logits of ${pixels} pixels`);
  const { index, weight } = labelWeights(labels, classes);
  return ops.crossEntropy(tf.reshape(logits, [pixels, classes]), index, weight);
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
