import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../backend/backend.ts';

/** What a stage ran with. */
export interface StageSetting {
  readonly config: Readonly<Record<string, unknown>>;
  readonly backend: Pick<TensorBackend, 'id' | 'device' | 'description'> | null;
}

/** Settings that decide how much memory a stage needs; the less the smaller. */
const MEMORY_SETTINGS = ['batchSize', 'crop', 'longSide', 'longSideTo', 'longSidePx', 'scales', 'scaleTo', 'decoderChannels'];

/** What to change, named as on the command line, with what it is now. */
function memoryRemedy(step: string, { config, backend }: StageSetting): string {
  const lower = MEMORY_SETTINGS.filter((name) => name in config).map((name) => `${step}.${name} (now ${String(config[name])})`);
  const ways = lower.length === 0 ? [] : [`lower ${lower.join(', ')}`];
  if (typeof config['accumulate'] === 'number') ways.push(`raise ${step}.accumulate (now ${config['accumulate']}), which computes a batch in parts`);
  ways.push('close other programs');
  if (backend?.device === 'gpu') ways.push('take another GPU (PENUMBRA_GPU) or another engine (--backend)');
  if (backend?.id === 'native' && backend.device === 'gpu') ways.push('set PENUMBRA_GPU_MEMORY=all, which fragments less, where nothing else uses the GPU');
  const [first = '', ...others] = ways;
  return `${first.charAt(0).toUpperCase()}${first.slice(1)}${others.map((way) => `; or ${way}`).join('')}. Then run it again: the steps before this one are kept.`;
}

/** What TensorFlow, V8 and Dawn say when there is not enough memory, or none so large. */
const OUT_OF_MEMORY =
  /OOM when allocating|RESOURCE_EXHAUSTED|out[ _]of[ _]memory|Array buffer allocation failed|Invalid typed array length|exceeds the max (?:buffer size|storage buffer binding size)|Dispatch size exceeds/i;

/** An error of a stage as the run reports it: the step is named, and what engines and file systems throw is recognised. */
export function stageError(thrown: unknown, step: string, title: string, setting: StageSetting = { config: {}, backend: null }): PenumbraError {
  if (thrown instanceof PenumbraError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const details = { step };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PenumbraError('DISK_FULL', `${title} (${step}): disk full: ${message}`, {
      remedy: 'Free space on that disk, then resume the run. What was finished is kept.',
      details,
      cause: thrown,
    });
  }
  if (OUT_OF_MEMORY.test(message)) {
    return new PenumbraError('OUT_OF_MEMORY', `${title} (${step}): out of memory: ${firstLine(message)}`, {
      remedy: memoryRemedy(step, setting),
      details: { ...details, device: setting.backend?.description ?? null },
      cause: thrown,
    });
  }
  return new PenumbraError('INTERNAL', `${title} (${step}) failed: ${firstLine(message)}`, {
    remedy: "This is a defect in Penumbra. The run's log holds the details; resuming tries the step again.",
    details,
    cause: thrown,
  });
}

/** The first line that says something; TensorFlow puts a bare status code before its message. */
function firstLine(text: string): string {
  const lines = text.split('\n');
  const said = lines.find((line) => line.trim() !== '' && !/^Invalid TF_Status/.test(line)) ?? lines[0] ?? text;
  return said.replace(/^Message: /, '');
}
