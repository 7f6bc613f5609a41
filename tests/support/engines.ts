import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { BackendId, TensorBackend } from '#main/ml/backend/backend.ts';
import { loadBackend } from '#main/ml/backend/load.ts';

const PROBE = fileURLToPath(new URL('../../src/main/ml/backend/probe.ts', import.meta.url));
const Answer = z.union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), error: z.object({ message: z.string() }) })]);

/**
 * Why an engine can't be used here, or null. Asked in a process of its own: an engine that fails to load may not leave cleanly.
 * @throws where PENUMBRA_REQUIRED_ENGINES names it, as .ci/run does, so that no check is skipped unseen
 */
export function engineTrouble(id: BackendId): string | null {
  const line = execFileSync(process.execPath, [PROBE, id], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const answer = Answer.parse(JSON.parse(line));
  if (answer.ok) return null;
  if (process.env['PENUMBRA_REQUIRED_ENGINES']?.split(',').includes(id) === true) throw new Error(`${id} must be tested here: ${answer.error.message}`);
  return answer.error.message;
}

const loaded = new Map<BackendId, TensorBackend>();

/** The engine, active in this process from now on. Kernels are registered once. */
export async function useEngine(id: BackendId): Promise<TensorBackend> {
  const known = loaded.get(id);
  if (known === undefined) {
    const backend = await loadBackend(id);
    loaded.set(id, backend);
    return backend;
  }
  await known.tf.setBackend(id === 'native' ? 'tensorflow' : id);
  return known;
}
