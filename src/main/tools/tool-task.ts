import { toolNamed } from './index.ts';
import { writeResult } from './write-result.ts';

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
  const startedMs = performance.now();
  const result = await which.run(file, which.settings.parse(settings), { isCancelled: () => Atomics.load(flag, 0) !== 0 });
  const seconds = (performance.now() - startedMs) / 1000;
  if (target !== null) await writeResult(target, result);
  return { file, target, facts: result.facts, seconds };
}
