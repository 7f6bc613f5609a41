import { missingCase, PenumbraError } from '#shared/errors.ts';
import type { BackendId, TensorBackend } from './backend.ts';

/** Best first. cpu is never chosen by itself: a real run on it would take days. */
const AUTOMATIC: readonly BackendId[] = ['native', 'webgpu'];

/**
 * Loads one tensor engine into this process; engines are not switched afterwards.
 * @param id `auto` takes the first that loads
 * @throws PenumbraError ENGINE_NOT_INSTALLED or ENGINE_FAILED
 */
export async function loadBackend(id: BackendId | 'auto'): Promise<TensorBackend> {
  if (id !== 'auto') return loadOne(id);
  const failures: PenumbraError[] = [];
  for (const candidate of AUTOMATIC) {
    try {
      return await loadOne(candidate);
    } catch (thrown) {
      if (!(thrown instanceof PenumbraError)) throw thrown;
      failures.push(thrown);
    }
  }
  // The native engine's failure is the one worth mending; the others are told as facts.
  const [best] = failures;
  if (best === undefined) throw new Error('no engine was tried');
  throw new PenumbraError(best.code, best.message, {
    remedy: best.remedy,
    details: { ...best.details, tried: AUTOMATIC.map((candidate, i) => `${candidate}: ${failures[i]?.message ?? ''}`) },
    cause: best,
  });
}

async function loadOne(id: BackendId): Promise<TensorBackend> {
  // Each import is late so that a process loads only the engine it uses.
  switch (id) {
    case 'native':
      return (await import('./native.ts')).loadNative();
    case 'webgpu':
      return (await import('./webgpu.ts')).loadWebgpu();
    case 'cpu':
      return (await import('./cpu.ts')).loadCpu();
    default:
      return missingCase(id);
  }
}
