import { PenumbraError } from '#shared/errors.ts';
import { toolNamed } from './index.ts';
import { endingOf, writeResult } from './write-result.ts';

/** One file for a worker thread. */
export interface ToolTask {
  readonly tool: string;
  readonly file: string;
  /** Null writes nothing: the facts alone are asked for. */
  readonly target: string | null;
  /** As they came from the command line. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Not 0 once the work is to end. */
  readonly cancelled: SharedArrayBuffer;
}

export interface ToolAnswer {
  readonly file: string;
  readonly target: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Seconds of computing and decoding, writing apart. */
  readonly seconds: number;
}

/** Reads, computes, writes. Throws what the tool throws; RUN_CANCELLED leaves no file. */
export async function runToolTask({ tool, file, target, settings, cancelled }: ToolTask): Promise<ToolAnswer> {
  const which = toolNamed(tool);
  const flag = new Int32Array(cancelled);
  const isCancelled = (): boolean => Atomics.load(flag, 0) !== 0;
  refuseCancelled(isCancelled);
  const startedMs = performance.now();
  const parsed = which.settings.parse(settings);
  const ending = target === null ? null : endingOf(which, parsed, file, target);
  const result = await which.run(file, parsed, { isCancelled }, ending);
  const seconds = (performance.now() - startedMs) / 1000;
  refuseCancelled(isCancelled);
  if (target !== null && ending !== null && !(await writeResult(target, ending, result, isCancelled))) throw stopped();
  return { file, target, facts: result.facts, seconds };
}

/** Files that wait need not begin, and what ended in time need not be written. */
function refuseCancelled(isCancelled: () => boolean): void {
  if (isCancelled()) throw stopped();
}

function stopped(): PenumbraError {
  return new PenumbraError('RUN_CANCELLED', 'The computation was stopped.', { remedy: 'Start it again; nothing of it was kept.' });
}
