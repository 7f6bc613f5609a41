import { createRequire } from 'node:module';
// Registers the gradients of all ops, which tfjs-core alone leaves out.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from './backend.ts';
import { portableOps } from './operations/portable.ts';
import { mendSums } from './operations/webgpu-mended.ts';

/** What the npm package `webgpu` (Dawn) exports. */
interface Dawn {
  create(options: string[]): object;
  readonly globals: Record<string, unknown>;
}

/** What this file needs of a WebGPU adapter. */
interface Adapter {
  readonly info?: { readonly vendor: string; readonly architecture: string; readonly device: string; readonly description: string };
}

/** What this file needs of a WebGPU device. */
interface Device {
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: { readonly message: string }; preventDefault(): void }) => void): void;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

/**
 * Dawn in plain Node. VK_DRIVER_FILES chooses the Vulkan driver, such as SwiftShader's, as usual.
 * @throws PenumbraError ENGINE_FAILED when there is no adapter or the package has no binary for this platform
 */
export async function loadWebgpu(): Promise<TensorBackend> {
  try {
    const dawn = createRequire(import.meta.url)('webgpu') as Dawn;
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create(wantedAdapter()) as { requestAdapter(): Promise<Adapter | null> };
    const adapter = await gpu.requestAdapter();
    if (adapter === null) throw new Error('no WebGPU adapter was found');
    // Node has a navigator of its own, without gpu.
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
    await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs did not accept the adapter');
    mendSums(tf);
    refuseToReadAfterErrors(tf.backend() as tf.KernelBackend & { readonly device: Device });
    const info = adapter.info;
    const name = [info?.description, info?.device, info?.vendor].find((text) => text !== undefined && text !== '') ?? 'unnamed adapter';
    return { id: 'webgpu', description: `WebGPU, ${name}`, device: 'gpu', tf, ops: portableOps(tf) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PenumbraError('ENGINE_FAILED', `The WebGPU tensor engine does not load: ${reason}`, {
      remedy:
        'Install a Vulkan driver (SwiftShader through VK_DRIVER_FILES works without a GPU), or use the native engine: `npm run setup`.',
      cause,
    });
  }
}

/** Dawn takes the GPU whose name holds this text; a number means one of CUDA's. */
function wantedAdapter(): string[] {
  const wanted = process.env['PENUMBRA_GPU'] ?? '';
  return wanted === '' || /^\d+$/.test(wanted) ? [] : [`adapter=${wanted}`];
}

/**
 * WebGPU tells of a refused buffer or program beside the call, which seems to succeed; all that is computed from it is garbage. From the first such
 * report on no number leaves this engine any more: every read throws what was reported.
 */
function refuseToReadAfterErrors(backend: tf.KernelBackend & { readonly device: Device }): void {
  let reported: Error | null = null;
  backend.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    reported ??= new Error(`WebGPU refused a call: ${event.error.message}`);
  });
  void backend.device.lost.then(({ reason, message }) => {
    reported ??= new Error(`WebGPU lost its device (${reason}): ${message}`);
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId: object) => {
    const result = await read(dataId).then(
      (values) => ({ values }),
      (failure: unknown) => ({ failure }),
    );
    // What was reported is the cause where the read fails as well.
    if (reported !== null) throw reported;
    if ('failure' in result) throw result.failure;
    return result.values;
  };
}
