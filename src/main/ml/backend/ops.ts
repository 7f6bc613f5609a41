import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

export type Activation = 'linear' | 'relu' | 'relu6';

/** How a convolution steps over its input. Inputs are NHWC. */
export interface ConvGeometry {
  /** Equal in both directions, in pixels of the input. */
  readonly stride: number;
  /** Distance between taps in pixels; 1 = dense. Stride and dilation are never both above 1. */
  readonly dilation: number;
  /** TensorFlow's rule: `same` gives ceil(in / stride) and puts the odd pixel right and bottom. */
  readonly pad: 'same' | 'valid';
}

export interface ConvSpec extends ConvGeometry {
  /** dense: filter [kh, kw, Cin, Cout]; depthwise: filter [kh, kw, C, 1]. */
  readonly kind: 'dense' | 'depthwise';
  readonly activation: Activation;
}

/** Moments of one batch, as torch's batch norm keeps them. Valid only during the callback. */
export interface BatchMoments {
  readonly mean: Tensor1D; // [C]
  /** Unbiased (divided by n - 1). */
  readonly variance: Tensor1D; // [C]
}

/**
 * Operations whose tfjs gradient is missing or wrong on some engine (networks-formats.md §0), and the fused ones that decide speed.
 * All are differentiable in every tensor argument and may be called with or without a tape.
 */
export interface TensorOps {
  /**
   * activation(conv(x, filter) + bias): x [B, H, W, Cin] -> [B, H', W', Cout].
   * Keeps only x, filter and the result for the gradient.
   */
  convolve(x: Tensor4D, filter: Tensor4D, bias: Tensor1D | null, spec: ConvSpec): Tensor4D;
  /**
   * activation((x - mean) / sqrt(variance + epsilon) * gamma + beta) with the moments of this batch over B, H, W (biased variance, as
   * torch trains).
   * `observe` receives the moments for the running averages.
   */
  batchNormTraining(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    epsilon: number,
    activation: Activation,
    observe: (moments: BatchMoments) => void,
  ): Tensor4D;
  /** activation(x). */
  activate(x: Tensor4D, activation: Activation): Tensor4D;
  /**
   * Bilinear resize as torch's interpolate(mode='bilinear', size=...) does it, without antialiasing: x [B, H, W, C] -> [B, h, w, C].
   * Two matrix products with fixed weights, so the gradient is exact for both corner rules.
   */
  resizeBilinear(x: Tensor4D, size: readonly [height: number, width: number], alignCorners: boolean): Tensor4D;
}
