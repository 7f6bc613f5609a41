import type * as TF from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** tfjs-backend-webgpu 4.22 asks its device for no more storage buffers a program than every device has: 8, one of them for the result. */
const LARGEST_SUM = 7;

/**
 * Sums of many tensors in several programs. tfjs binds all of them in one, which the device refuses beyond its limit; what is then read is garbage.
 * Call once, after the engine is loaded.
 */
export function mendSums(tf: typeof TF): void {
  const plain = tf.getKernel('AddN', 'webgpu');
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel({
    ...plain,
    kernelFunc: (params) => {
      const backend = params.backend as { disposeData(dataId: object): void };
      const add = (tensors: readonly TensorInfo[]): TensorInfo => plain.kernelFunc({ ...params, inputs: tensors as unknown as TF.NamedTensorInfoMap }) as TensorInfo;
      const all = params.inputs as unknown as readonly TensorInfo[]; // tfjs hands a list over
      let sum = add(all.slice(0, LARGEST_SUM));
      for (let at = LARGEST_SUM; at < all.length; at += LARGEST_SUM - 1) {
        const next = add([sum, ...all.slice(at, at + LARGEST_SUM - 1)]);
        backend.disposeData(sum.dataId);
        sum = next;
      }
      return sum;
    },
  });
}
