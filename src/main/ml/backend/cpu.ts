// Registers the gradients of all ops, which tfjs-core alone leaves out.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { TensorBackend } from './backend.ts';
import { portableOps } from './operations/portable.ts';

/** Pure JavaScript: for tiny tests only. */
export async function loadCpu(): Promise<TensorBackend> {
  tf.enableProdMode(); // without it tfjs prints an advertisement
  await tf.setBackend('cpu');
  return { id: 'cpu', description: `JavaScript (tfjs ${tf.version_core})`, device: 'cpu', tf, ops: portableOps(tf) };
}
