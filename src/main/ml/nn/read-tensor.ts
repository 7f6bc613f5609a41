import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor } from './host-tensor.ts';

/** A copy of a tensor outside the engine. WebGPU gives numbers back asynchronously alone. */
export async function readTensor(tensor: Tensor): Promise<HostTensor> {
  return { shape: tensor.shape, values: (await tensor.data<'float32'>()).slice() };
}
