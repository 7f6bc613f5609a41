import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from './backend/backend.ts';

/** What TensorFlow, V8 and Dawn say when there is not enough memory, or none so large. */
const OUT_OF_MEMORY =
  /OOM when allocating|RESOURCE_EXHAUSTED|out[ _]of[ _]memory|Array buffer allocation failed|Invalid typed array length|exceeds the max (?:buffer size|storage buffer binding size)|Dispatch size exceeds/i;

/** What was under way when memory ran out. */
export interface MemoryNeed {
  /** Begins the message, such as "Train (model)". */
  readonly what: string;
  /** Null before an engine is loaded. */
  readonly backend: Pick<TensorBackend, 'id' | 'device' | 'description'> | null;
  /** What needs less memory, best first, such as "lower model.crop (now 448)"; what lies outside of the work is added here. */
  readonly ways: readonly string[];
  /** What to do afterwards: a sentence. */
  readonly afterwards: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Such an error where engine or system had no memory, with all that can be changed; null for any other. */
export function outOfMemory(thrown: unknown, { what, backend, ways, afterwards, details }: MemoryNeed): PenumbraError | null {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!OUT_OF_MEMORY.test(message)) return null;
  const [first = '', ...others] = [...ways, ...outside(backend)];
  return new PenumbraError('OUT_OF_MEMORY', `${what}: out of memory: ${firstLine(message)}`, {
    remedy: `${first.charAt(0).toUpperCase()}${first.slice(1)}${others.map((way) => `; or ${way}`).join('')}. ${afterwards}`,
    details: { ...details, device: backend?.description ?? null },
    cause: thrown,
  });
}

/** What helps whatever the work is. */
function outside(backend: MemoryNeed['backend']): string[] {
  const ways = ['close other programs'];
  if (backend?.device === 'gpu') ways.push('take another GPU (PENUMBRA_GPU) or another engine (--backend; cpu has the most memory and is slow)');
  if (backend?.id === 'native' && backend.device === 'gpu') ways.push('set PENUMBRA_GPU_MEMORY=all, which fragments less, where nothing else uses the GPU');
  return ways;
}

/** The first line that says something; TensorFlow puts a bare status code before its message. */
export function firstLine(text: string): string {
  const lines = text.split('\n');
  const said = lines.find((line) => line.trim() !== '' && !/^Invalid TF_Status/.test(line)) ?? lines[0] ?? text;
  return said.replace(/^Message: /, '');
}
