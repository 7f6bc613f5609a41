import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';

/**
 * Multi-label soft margin (methods/cam.md §0): for each photo the mean over classes of the binary cross-entropy, then the mean over photos; as
 * every photo has as many classes, the mean over all. logits, tags [B, C]; tags 0 or 1, or soft.
 */
export function multiLabelSoftMargin(tf: typeof TF, logits: Tensor2D, tags: Tensor2D): Scalar {
  return binaryCrossEntropy(tf, logits, tags);
}
