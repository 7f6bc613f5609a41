import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { ErrorValue, PenumbraError } from '#shared/errors.ts';

/** How a core is started. */
export interface CoreLaunch {
  /** The pinned Node. */
  readonly node: string;
  /** core.ts, or a test's stand-in for it. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A core that runs as a child of this process and answers. */
export interface CoreChild {
  readonly pid: number;
  readonly socketPath: string;
  readonly exited: Promise<Exit>;
  /** Cancels its runs and ends it in good order; kills it when that takes too long. */
  end(): Promise<void>;
  /** Lets it live on by itself: this process may end before it does. */
  letGo(): void;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last of what it wrote to stderr. */
  readonly lastWords: string;
}

const FirstLine = z.union([z.object({ ready: z.literal(true), socket: z.string() }), z.object({ ready: z.literal(false), error: ErrorValue })]);

/** A run that is cancelled gets 5 s, its process another moment; then the core closes the project. */
const END_MS = 20_000;
const LAST_WORDS = 2000;

/**
 * Starts the core of the project in `dir` (made anew and named `create`, if given) and resolves when it answers. It dies with this
 * process. Throws what the core refuses with, and CORE_CRASHED when it ends without a word.
 */
export async function startCoreChild(launch: CoreLaunch, dir: string, create?: string): Promise<CoreChild> {
  // A file rather than a pipe: a core that outlives this process must not trip over a closed one.
  const logDir = mkdtempSync(path.join(tmpdir(), 'penumbra-core-'));
  const logFile = path.join(logDir, 'stderr.txt');
  const log = openSync(logFile, 'a');
  const child = spawn(launch.node, [launch.entry, dir, ...(create === undefined ? [] : ['--create', create])], {
    stdio: ['ignore', 'pipe', log],
    // In a group of its own: Ctrl-C on a terminal is for this process, which ends the core in good order.
    detached: true,
    env: { ...launch.env, PENUMBRA_WATCH_PID: String(process.pid) },
  });
  closeSync(log);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (thrown) => resolve({ code: null, signal: null, lastWords: thrown.message }));
    child.once('exit', (code, signal) => resolve({ code, signal, lastWords: lastWords(logFile) }));
  });
  const forgetLog = (): void => rmSync(logDir, { recursive: true, force: true });
  void exited.then(forgetLog);

  const { stdout } = child;
  if (stdout === null) throw new Error('stdout is a pipe');
  const lines = createInterface({ input: stdout });
  const said = new Promise<string>((resolve) => lines.once('line', resolve));
  const first = await Promise.race([said, exited]);
  if (typeof first !== 'string') throw crashed(first);
  const line = FirstLine.parse(JSON.parse(first));
  if (!line.ready) {
    await exited;
    throw PenumbraError.fromValue(line.error);
  }
  return {
    pid: child.pid ?? 0,
    socketPath: line.socket,
    exited,
    async end() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await exited;
      clearTimeout(force);
    },
    letGo() {
      stdout.destroy();
      child.unref();
      forgetLog();
    },
  };
}

/** The error of a core that ended unasked. */
export function crashed(exit: Exit): PenumbraError {
  const how = exit.signal === null ? `with exit code ${exit.code ?? 'none'}` : `by ${exit.signal}`;
  const words = exit.lastWords.trim();
  return new PenumbraError('CORE_CRASHED', `The core of this project ended ${how}${words === '' ? '.' : `: ${words}`}`, {
    remedy: 'Everything that was shown as saved is saved. The file logs/core.ndjson in the project folder tells more.',
    details: { code: exit.code, signal: exit.signal },
  });
}

function lastWords(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-LAST_WORDS);
  } catch {
    return '';
  }
}
