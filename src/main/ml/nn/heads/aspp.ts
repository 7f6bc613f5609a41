import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Layer } from '../network.ts';

/**
 * Atrous spatial pyramid (DeepLabV3): branches side by side with one that reads the mean over all pixels, then joined and merged.
 * [B, h, w, C] -> [B, h, w, channels of merge].
 */
export function atrousPyramid(tf: typeof TF, branches: readonly Layer[], imagePooling: Layer, merge: Layer): Layer {
  return (x, pass) => {
    const [batch, height, width] = x.shape;
    const pooled = imagePooling(tf.mean<Tensor4D>(x, [1, 2], true), pass); // [B, 1, 1, channels]
    const spread = tf.mul<Tensor4D>(pooled, tf.ones([batch, height, width, 1]));
    return merge(tf.concat([...branches.map((branch) => branch(x, pass)), spread], 3), pass);
  };
}
