import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, TensorInfo } from '@tensorflow/tfjs-core';
import { attributes, type AttributeValue, type KernelExecutor } from '../native-kernels.ts';
import type { TensorOps } from '../ops.ts';
import { isRecording } from '../unwinding-tape.ts';
import { NATIVE_NAME } from './native-name.ts';
import { layerNorm } from './normalisation.ts';

type TfNamespace = typeof TF;

const LAYER_NORM = 'PenumbraLayerNorm';

type Run = (name: string, inputs: TensorInfo[], values?: Readonly<Record<string, AttributeValue>>) => Tensor;

/** y; and what the gradient reads. */
interface Normed {
  readonly y: Tensor;
  /** x less its mean, of length 1 but for epsilon, [..., C]. */
  readonly unit: Tensor;
  /** What made it so short, [..., 1]. */
  readonly inverse: Tensor;
}

/** By the length of what is left of x without its mean, which TensorFlow finds in one pass; mean and variance as tfjs computes them take twice the time. */
function normed(tf: TfNamespace, run: Run, [x, gamma, beta]: readonly [TensorInfo, TensorInfo, TensorInfo], epsilon: number): Normed {
  const [channels = 0] = gamma.shape;
  const axis = tf.tensor1d([x.shape.length - 1], 'int32');
  const along = { Tidx: 'int32', keep_dims: { bool: true } } as const;
  const centred = run('Sub', [x, run('Mean', [x, axis], along)]);
  const squares = run('Square', [run('EuclideanNorm', [centred, axis], along)]);
  const inverse = run('Rsqrt', [run('AddV2', [squares, tf.scalar(channels * epsilon)])]);
  const unit = run('Mul', [centred, inverse]);
  const scaled = run('Mul', [unit, run('Mul', [gamma, tf.scalar(Math.sqrt(channels))])]);
  return { y: run('BiasAdd', [scaled, beta], { data_format: { text: 'NHWC' } }), unit, inverse };
}

type LayerNorm = TensorOps['layerNorm'];

/**
 * Registers the kernel.
 * @returns null where it is not there or not right
 */
export function nativeLayerNorm(tf: TfNamespace, executor: KernelExecutor): LayerNorm | null {
  const run: Run = (name, inputs, values = {}) => executor.executeSingleOutput(name, attributes(executor.binding, { T: 'float32', ...values }), inputs);
  const composed: LayerNorm = <T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T =>
    tf.tidy(() => normed(tf, run, [x, gamma, beta], epsilon).y as T);
  /** oneDNN's in one kernel, four times as fast. Mean and variance, which a gradient needs, do not come out. It has no label, where TensorFlow would give it one. */
  const fused: LayerNorm = <T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T =>
    run('_MklLayerNorm', [x, gamma, beta], { epsilon: { float: epsilon }, _kernel: { text: '' } }) as T;
  if (!normsRight(tf, composed)) return null;
  register(tf, run);
  // It takes two and three axes.
  const fuses = !executor.isUsingGpuDevice && normsRight(tf, fused);
  return <T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T => {
    if (isRecording(tf)) return (tf.engine().runKernel(LAYER_NORM, { x, gamma, beta }, { epsilon }) as unknown as [T])[0];
    return (fuses && (x.rank === 2 || x.rank === 3) ? fused : composed)(x, gamma, beta, epsilon);
  };
}

function register(tf: TfNamespace, run: Run): void {
  tf.registerKernel({
    kernelName: LAYER_NORM,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as { x: TensorInfo; gamma: TensorInfo; beta: TensorInfo };
      const { y, unit, inverse } = normed(tf, run, [x, gamma, beta], (attrs as unknown as { epsilon: number }).epsilon);
      return [y, unit, inverse];
    },
  });
  tf.registerGradient({
    kernelName: LAYER_NORM,
    inputsToSave: ['gamma'],
    outputsToSave: [false, true, true],
    gradFunc: (dys, saved) => {
      const dy = (dys as Tensor[])[0] as Tensor;
      const [gamma, unit, inverse] = saved as [Tensor1D, Tensor, Tensor];
      const root = Math.sqrt(gamma.size);
      const rows = dy.shape.map((_, axis) => axis).slice(0, -1);
      return {
        x: () => {
          const dNormal = tf.mul<Tensor>(dy, gamma);
          const centred = tf.sub<Tensor>(dNormal, tf.mean(dNormal, -1, true));
          const across = tf.sub<Tensor>(centred, tf.mul(unit, tf.sum(tf.mul(dNormal, unit), -1, true)));
          return tf.mul(across, tf.mul(inverse, root));
        },
        gamma: () => tf.mul(tf.sum(tf.mul(dy, unit), rows), root),
        beta: () => tf.sum(dy, rows),
      };
    },
  });
}

function normsRight(tf: TfNamespace, norm: LayerNorm): boolean {
  return tf.tidy(() => {
    const x = tf.add<Tensor>(tf.mul(tf.sin(tf.reshape(tf.range(0, 2 * 3 * 8), [2, 3, 8])), 4), 2);
    const [gamma, beta] = [tf.cos<Tensor1D>(tf.range(0, 8)), tf.range(0, 8)];
    try {
      const difference = tf.sub(norm(x, gamma, beta, 1e-6), layerNorm(tf, x, gamma, beta, 1e-6));
      return (tf.max(tf.abs(difference)).dataSync<'float32'>()[0] ?? Number.NaN) < 1e-4;
    } catch {
      return false;
    }
  });
}
