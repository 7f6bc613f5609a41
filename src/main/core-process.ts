import { parseArgs } from 'node:util';
import { toErrorValue } from '#shared/errors.ts';
import { watchWrapper } from './runs/watchdog/watch.ts';

/** What this needs of `startCore`, which imports this file only when it is the process's entry. */
interface RunningCore {
  readonly socketPath: string;
  readonly closed: Promise<void>;
  close(runs: 'cancel' | 'wait'): Promise<void>;
}
type StartCore = (dir: string, options: { socketPath?: string }) => Promise<RunningCore>;

/**
 * The core as a process of its own: `node core.ts DIR [--socket PATH]`. Says on stdout, in one JSON line, that it answers
 * (`{"ready": true, "socket", "pid"}`) or why it cannot (`{"ready": false, "error"}`, exit code 1). SIGTERM and SIGINT end it in
 * good order; it dies with the process named in PENUMBRA_WATCH_PID.
 */
export async function runCoreProcess(args: string[], startCore: StartCore): Promise<void> {
  const say = (line: unknown): unknown => process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { socket: { type: 'string' } } });
    const [dir] = positionals;
    if (dir === undefined) throw new Error('usage: node core.ts DIR [--socket PATH]');
    const core = await startCore(dir, values.socket === undefined ? {} : { socketPath: values.socket });
    await watchWrapper();
    const end = (): void => void core.close('cancel');
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
    say({ ready: true, socket: core.socketPath, pid: process.pid });
    await core.closed;
  } catch (thrown) {
    say({ ready: false, error: toErrorValue(thrown) });
    process.exitCode = 1;
  }
}
