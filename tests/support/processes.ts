import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cliFile = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const coreFile = fileURLToPath(new URL('./core-with-tiny-recipes.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In a process group of its own, as a terminal's foreground command is. */
  readonly detached?: boolean;
}

const ownPlaces = {
  // As the wrapper scripts do: starts take half the time.
  NODE_COMPILE_CACHE: path.join(tmpdir(), 'penumbra-test-compile'),
  // Recent projects of tests are nobody's recent projects.
  PENUMBRA_DATA: path.join(tmpdir(), `penumbra-test-data-${process.pid}`),
};
const alive = new Set<ChildProcess>();

function start(args: readonly string[], options: Options): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd, detached: options.detached === true, env: { ...process.env, ...ownPlaces, ...options.env } });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return child;
}

/** Starts the command line. */
export function startCli(args: readonly string[], options: Options = {}): ChildProcess {
  return start([cliFile, ...args], options);
}

/** Ends what a failed test left running. */
export async function killLeftovers(): Promise<void> {
  await Promise.all([...alive].map(killHard));
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[], options: Options = {}): Promise<Ended> {
  return collect(startCli(args, options));
}

export async function collect(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The objects that `--json` printed, one a line; throws where a line is none. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface CoreProcess {
  readonly child: ChildProcess;
  readonly socketPath: string;
  readonly startedInMs: number;
}

/** A core in a process of its own, with the recipes of api-recipes.ts. Resolves when it answers. */
export async function startCoreProcess(dir: string, options: Options = {}): Promise<CoreProcess> {
  const began = performance.now();
  const child = start([coreFile, dir], options);
  child.stderr?.pipe(process.stderr);
  if (child.stdout === null) throw new Error('stdout is a pipe');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const said = JSON.parse(line) as { ready: boolean; socket?: string; error?: { message: string } };
    if (!said.ready) throw new Error(`core: ${said.error?.message ?? line}`);
    return { child, socketPath: said.socket ?? '', startedInMs: performance.now() - began };
  }
  throw new Error('the core ended before it answered');
}

export async function killHard(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
