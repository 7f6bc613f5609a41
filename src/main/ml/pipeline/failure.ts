import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { firstLine, outOfMemory } from '../out-of-memory.ts';

/** What a stage ran with. */
export interface StageSetting {
  readonly config: Readonly<Record<string, unknown>>;
  readonly backend: Pick<TensorBackend, 'id' | 'device' | 'description'> | null;
}

/** Settings that decide how much memory a stage needs; the less the smaller. */
const MEMORY_SETTINGS = ['batchSize', 'crop', 'longSide', 'longSideTo', 'longSidePx', 'scales', 'scaleTo', 'decoderChannels'];

/** What to change, named as on the command line, with what it is now. */
function savings(step: string, { config }: StageSetting): string[] {
  const lower = MEMORY_SETTINGS.filter((name) => name in config).map((name) => `${step}.${name} (now ${String(config[name])})`);
  const ways = lower.length === 0 ? [] : [`lower ${lower.join(', ')}`];
  if (typeof config['accumulate'] === 'number') ways.push(`raise ${step}.accumulate (now ${config['accumulate']}), which computes a batch in parts`);
  return ways;
}

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
  const shortage = outOfMemory(thrown, {
    what: `${title} (${step})`,
    backend: setting.backend,
    ways: savings(step, setting),
    afterwards: 'Then run it again: the steps before this one are kept.',
    details,
  });
  if (shortage !== null) return shortage;
  return new PenumbraError('INTERNAL', `${title} (${step}) failed: ${firstLine(message)}`, {
    remedy: "This is a defect in Penumbra. The run's log holds the details; resuming tries the step again.",
    details,
    cause: thrown,
  });
}
