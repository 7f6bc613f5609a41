import type * as TF from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, TensorInfo } from '@tensorflow/tfjs-core';
import { attributes, type AttributeValue, type KernelExecutor } from '../native-kernels.ts';
import type { TensorOps } from '../ops.ts';
import { isRecording } from '../unwinding-tape.ts';
import { NATIVE_NAME } from './native-name.ts';
import { layerNorm } from './normalisation.ts';

type TfNamespace = typeof TF;

const LAYER_NORM = 'PenumbraLayerNorm';

interface Normed {
  readonly y: Tensor;
  /** x less its mean, divided by sqrt(Σ + C · epsilon), Σ the sum of its squares: [..., C], of length 1 but for epsilon. */
  readonly unit: Tensor;
  /** 1 / sqrt(Σ + C · epsilon), [..., 1]. */
  readonly inverse: Tensor;
}

/**
 * By the length of what is left of x without its mean, which TensorFlow finds in one pass; mean and variance as tfjs computes them take twice the time
 * of all of it.
 */
function normed(tf: TfNamespace, executor: KernelExecutor, [x, gamma, beta]: readonly [TensorInfo, TensorInfo, TensorInfo], epsilon: number): Normed {
  const run = (name: string, inputs: TensorInfo[], values: Readonly<Record<string, AttributeValue>> = {}): Tensor =>
    executor.executeSingleOutput(name, attributes(executor.binding, { T: 'float32', ...values }), inputs);
  const channels = gamma.shape[0] ?? 0;
  const kept: Normed[] = [];
  tf.tidy(() => {
    const axis = tf.tensor1d([x.shape.length - 1], 'int32');
    const along = { Tidx: 'int32', keep_dims: { bool: true } } as const;
    const centred = run('Sub', [x, run('Mean', [x, axis], along)]);
    const squares = run('Square', [run('EuclideanNorm', [centred, axis], along)]);
    const inverse = run('Rsqrt', [run('AddV2', [squares, tf.scalar(channels * epsilon)])]);
    const unit = run('Mul', [centred, inverse]);
    const scaled = run('Mul', [unit, run('Mul', [gamma, tf.scalar(Math.sqrt(channels))])]);
    const y = run('BiasAdd', [scaled, beta], { data_format: { text: 'NHWC' } });
    kept.push({ y, unit, inverse });
    return [y, unit, inverse];
  });
  return kept[0] as Normed;
}

/**
 * Registers the kernel.
 * @returns null where it is not there or not right
 */
export function nativeLayerNorm(tf: TfNamespace, executor: KernelExecutor): TensorOps['layerNorm'] | null {
  if (!normsRight(tf, executor)) return null;
  tf.registerKernel({
    kernelName: LAYER_NORM,
    backendName: NATIVE_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as { x: TensorInfo; gamma: TensorInfo; beta: TensorInfo };
      const { y, unit, inverse } = normed(tf, executor, [x, gamma, beta], (attrs as unknown as { epsilon: number }).epsilon);
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
  return <T extends Tensor>(x: T, gamma: Tensor1D, beta: Tensor1D, epsilon: number): T => {
    if (isRecording(tf)) return (tf.engine().runKernel(LAYER_NORM, { x, gamma, beta }, { epsilon }) as unknown as [T])[0];
    return tf.tidy(() => normed(tf, executor, [x, gamma, beta], epsilon).y as T);
  };
}

function normsRight(tf: TfNamespace, executor: KernelExecutor): boolean {
  return tf.tidy(() => {
    const x = tf.add<Tensor>(tf.mul(tf.sin(tf.reshape(tf.range(0, 2 * 3 * 8), [2, 3, 8])), 4), 2);
    const [gamma, beta] = [tf.cos<Tensor1D>(tf.range(0, 8)), tf.range(0, 8)];
    try {
      const { y } = normed(tf, executor, [x, gamma, beta], 1e-6);
      const [difference = Number.NaN] = tf.max(tf.abs(tf.sub(y, layerNorm(tf, x, gamma, beta, 1e-6)))).dataSync<'float32'>();
      return difference < 1e-4;
    } catch {
      return false;
    }
  });
}
