import type * as tf from '@tensorflow/tfjs-core';
import type { TensorOps } from './ops.ts';

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
  /** Convolution, normalisation and resize with gradients that are right on this engine; layers use these, never tf's own. */
  readonly ops: TensorOps;
}
