import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);
/** Dense squaring takes long where the machine has other work. */
const LIMIT_MS = 60 * 60_000;

async function lastLineOf(program: string, script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const { stdout } = await run(program, [path.join(import.meta.dirname, script), ...args], { timeout: LIMIT_MS, env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** What a script of this folder prints as JSON, run by a Python that has the peers. */
export async function askPython<Schema extends z.ZodType>(python: string, script: string, args: readonly string[], answer: Schema): Promise<z.infer<Schema>> {
  return answer.parse(await lastLineOf(python, script, args, process.env));
}

/** The same of ours, in a process of its own. */
export async function askNode<Schema extends z.ZodType>(script: string, args: readonly string[], answer: Schema, env: NodeJS.ProcessEnv = process.env): Promise<z.infer<Schema>> {
  return answer.parse(await lastLineOf(process.execPath, script, args, env));
}

export const Seconds = z.object({ seconds: z.number() });
export const Bytes = z.object({ bytes: z.number() });
