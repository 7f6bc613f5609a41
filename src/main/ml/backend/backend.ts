import type * as tf from '@tensorflow/tfjs-core';

export type BackendId = 'native' | 'webgpu' | 'cpu';

/** The seam between methods and tensor engines. Stages receive one and never ask which it is. */
export interface TensorBackend {
  readonly id: BackendId;
  /** Such as "native TensorFlow 2.21.0, CPU". */
  readonly description: string;
  /** cpu or gpu. */
  readonly device: 'cpu' | 'gpu';
  /** The tfjs namespace with this backend active. */
  readonly tf: typeof tf;
}
