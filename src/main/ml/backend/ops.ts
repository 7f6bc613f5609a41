import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** NaN may come out of relu and relu6 as 0: oneDNN's fused kernels take the larger of it and 0. What must be finite is checked where it is read. */
export type Activation = 'linear' | 'relu' | 'relu6';

/** A convolution as every engine has it. Inputs are NHWC. */
export interface PlainConvSpec {
  /** dense: filter [kh, kw, Cin / groups, Cout]; depthwise: filter [kh, kw, C, 1]. */
  readonly kind: 'dense' | 'depthwise';
  /** Equal in both directions, in pixels of the input. */
  readonly stride: number;
  /** Distance between taps in pixels; 1 = dense. Stride and dilation are never both above 1. */
  readonly dilation: number;
  /** TensorFlow's rule: `same` gives ceil(in / stride) and puts the odd pixel right and bottom. */
  readonly pad: 'same' | 'valid';
  readonly activation: Activation;
}

export interface ConvSpec extends Omit<PlainConvSpec, 'pad'> {
  /** `symmetric` is torch's usual padding, dilation · (kernel − 1) / 2 on every side: not `same` where the stride is above 1. */
  readonly pad: PlainConvSpec['pad'] | 'symmetric';
  /** Dense only: block j of the outputs reads block j of the inputs alone. Default 1. */
  readonly groups?: number;
}

/** A part of a resized image, in its pixels. */
export interface ResizedPart {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** How a pool steps over its input, by torch's rules. */
export interface PoolGeometry {
  readonly kernel: number;
  readonly stride: number;
  /** Pixels added on every side. */
  readonly pad: number;
  /** Rounds the size up, as torch's ceil_mode: a last window may hang over the edge, but must start inside the input or its padding. */
  readonly ceil: boolean;
}

/** A batch norm's parameters and running moments, [C] each. */
export type NormTensors = Readonly<Record<'scale' | 'shift' | 'mean' | 'variance', Tensor1D>>;

/** How rows of queries, keys and values belong together. */
export interface AttentionSpec {
  /** Samples; the rows of each follow one another. */
  readonly batch: number;
  readonly heads: number;
  readonly scale: number;
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
  /**
   * The same with running moments, as an operation of its own. Engines that compute lack it: there, layers fold such norms into the filter before
   * them or into a factor and a shift. What writes networks down has it, so that norms stay what they are.
   */
  batchNormRunning?(x: Tensor4D, norm: NormTensors, epsilon: number, activation: Activation): Tensor4D;
  /** activation(x). */
  activate(x: Tensor4D, activation: Activation): Tensor4D;
  /** activation(a + b), of equal shapes. Keeps only the result for the gradient. */
  addActivated(a: Tensor4D, b: Tensor4D, activation: Activation): Tensor4D;
  /** activation(x · factor + shift): x [B, H, W, C], factor and shift [C]. */
  scale(x: Tensor4D, factor: Tensor1D, shift: Tensor1D, activation: Activation): Tensor4D;
  /** activation(x · weight + bias): x [N, K], weight [K, M], bias [M] -> [N, M]; gelu as below. */
  linear(x: Tensor2D, weight: Tensor2D, bias: Tensor1D, activation: 'linear' | 'gelu'): Tensor2D;
  /** Σ weights[n] · (logsumexp(logits[n]) − logits[n, labels[n]]): logits [N, C], labels below C. Differentiable in the logits. */
  crossEntropy(logits: Tensor2D, labels: Int32Array, weights: Float32Array): Scalar;
  /**
   * Bilinear resize as torch's interpolate(mode='bilinear', size=...) does it, without antialiasing: x [B, H, W, C] -> [B, h, w, C].
   * Two matrix products with fixed weights, so the gradient is exact for both corner rules.
   * @param part of the result, [B, part.height, part.width, C], where the whole would be too large; not differentiable
   */
  resizeBilinear(x: Tensor4D, size: readonly [height: number, width: number], alignCorners: boolean, part?: ResizedPart): Tensor4D;
  /**
   * Resize by a factor as torch's interpolate(scale_factor=...): [B, floor(H · factor), floor(W · factor), C], with positions stepped by
   * 1 / factor and not by in / out, which differ where sizes are rounded.
   */
  scaleBilinear(x: Tensor4D, factor: number): Tensor4D;
  /** Largest of each window; padding never wins. [B, H, W, C] -> [B, H', W', C]. */
  maxPool(x: Tensor4D, geometry: PoolGeometry): Tensor4D;
  /**
   * Mean of each window. [B, H, W, C] -> [B, H', W', C].
   * @param countPadding whether padding counts in the divisor: torch's default, and not tfjs' way
   */
  averagePool(x: Tensor4D, geometry: PoolGeometry, countPadding: boolean): Tensor4D;
  /** (x - mean) / sqrt(variance + epsilon) · gamma + beta over the last axis (biased variance). [..., C] -> [..., C]. */
  layerNorm<T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T;
  /** The same over pixels and the channels of each of `groups` equal groups, of each sample. [B, H, W, C] -> [B, H, W, C]. */
  groupNorm(x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, groups: number, epsilon: number): Tensor4D;
  /** x · Φ(x) with the exact Φ (erf), as torch's default. */
  gelu<T extends Tensor>(x: T): T;
  /**
   * softmax(q kᵀ · scale) v for each head of each sample.
   * @param qkv [B · N, 3 · heads · d]: all heads' queries, then all keys, then all values
   * @returns attention [B, heads, N, N], rows sum to 1; result [B · N, heads · d]
   */
  attend(qkv: Tensor2D, spec: AttentionSpec): { attention: Tensor4D; result: Tensor2D };
  /** Mirrors the edges without repeating them, `pad` pixels on every side. [B, H, W, C] -> [B, H + 2 pad, W + 2 pad, C]. */
  reflectPad(x: Tensor4D, pad: number): Tensor4D;
  /** Running sums along one axis. */
  cumulativeSum<T extends Tensor>(x: T, axis: number): T;
  /**
   * What lies at these places: x [n1 .. nD], places int32 [..., K], each row K indices into the first K axes of x -> [..., n(K+1) .. nD]. A place may
   * come up often. Places outside are an error of the caller that engines meet in different ways.
   */
  gatherNd(x: Tensor, places: Tensor): Tensor;
  /**
   * Products and sums in Einstein's notation, such as 'bhqd,bhkd->bhqk'; spaces do not count. Letters that the result lacks are summed over. No letter
   * may occur twice in one term, and there is no '...'.
   */
  einsum(equation: string, operands: readonly Tensor[]): Tensor;
  /** The k largest of each row, largest first, equal ones in their order; with k = n a sort. x [..., n] -> values and int32 indices [..., k]. */
  topK<T extends Tensor>(x: T, k: number): { values: T; indices: T };
}
