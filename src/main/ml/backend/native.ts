import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import { installedEngines } from '../../../../scripts/lib/cache.mjs';
import type { TensorBackend } from './backend.ts';
import { applyEngineDefaults } from './environment.ts';
import type { KernelExecutor } from './native-kernels.ts';
import { nativeOps } from './operations/native.ts';
import { NATIVE_NAME } from './operations/native-name.ts';

interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/**
 * TensorFlow through tfjs-node's kernels and our own build of its binding.
 * @throws PenumbraError ENGINE_NOT_INSTALLED, ENGINE_FAILED
 */
export async function loadNative(): Promise<TensorBackend> {
  const [engine] = installedEngines();
  if (engine === undefined) {
    throw new PenumbraError('ENGINE_NOT_INSTALLED', 'The native tensor engine is not installed for this user.', {
      remedy: 'Run `npm run setup`; it downloads TensorFlow and builds the binding.',
    });
  }
  applyEngineDefaults();
  shimUtil();
  const require = createRequire(import.meta.url);
  try {
    const binding = require(engine.binding) as Binding;
    const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as {
      NodeJSKernelBackend: new (binding: Binding, packageName: string) => KernelExecutor & tf.KernelBackend;
    };
    require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
    const executor = new NodeJSKernelBackend(binding, 'penumbra');
    tf.enableProdMode();
    tf.registerBackend(NATIVE_NAME, () => executor, 3);
    if (!(await tf.setBackend(NATIVE_NAME))) throw new Error('tfjs did not accept the backend');
    const device = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
    const description = `native TensorFlow ${binding.TF_Version}, ${device.toUpperCase()}`;
    return { id: 'native', description, device, tf, ops: nativeOps(tf, executor) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PenumbraError('ENGINE_FAILED', `The native tensor engine does not load: ${reason}`, {
      remedy: 'Run `penumbra doctor` for what is wrong, or `npm run setup` to build the engine again.',
      details: { folder: dirname(engine.binding), variant: engine.variant, tensorflow: engine.tensorflow },
      cause,
    });
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 removed or warns about (tfjs #8609). */
function shimUtil(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: (value: unknown): boolean => Array.isArray(value),
  });
}
