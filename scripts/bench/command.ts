import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import * as z from 'zod';
import { RunSummary } from '../../src/shared/domain/run.ts';
import { ScoreTable } from '../../src/shared/domain/score.ts';

const CLI = path.resolve(import.meta.dirname, '../../src/main/cli.ts');
const Result = z.object({ type: z.literal('result'), value: z.unknown() });

/** Runs `penumbra ARGS --json`, passes its progress on as dots, and returns the value of its result line. */
export async function penumbra(...args: string[]): Promise<unknown> {
  const child = spawn(process.execPath, [CLI, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let value: unknown = null;
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed: unknown = JSON.parse(line);
    const result = Result.safeParse(parsed);
    if (result.success) value = result.data.value;
    last = line;
  }
  const code = child.exitCode ?? (await new Promise<number | null>((done) => child.once('exit', done)));
  if (code !== 0) throw new Error(`penumbra ${args.join(' ')} ended with ${String(code)}: ${last.slice(0, 2000)}`);
  return value;
}

const RunResult = z.object({ run: RunSummary, scores: ScoreTable.nullable() });

/** A finished run with its scores. */
export async function runRecipe(...args: string[]): Promise<{ run: RunSummary; scores: ScoreTable }> {
  const { run, scores } = RunResult.parse(await penumbra('run', ...args));
  if (scores === null) throw new Error(`${run.id} has no scores`);
  return { run, scores };
}
