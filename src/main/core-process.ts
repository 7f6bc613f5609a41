import { parseArgs } from 'node:util';
import { toErrorValue } from '#shared/errors.ts';
import type { Core, CoreOptions } from './core.ts';
import { watchWrapper } from './runs/watchdog/watch.ts';

/**
 * The core as a process of its own: `node core.ts DIR [--socket PATH]`. Says on stdout, in one JSON line, that it answers
 * (`{"ready": true, "socket", "pid"}`) or why it cannot (`{"ready": false, "error"}`, exit code 1). SIGTERM and SIGINT end it in
 * good order; it dies with the process named in PENUMBRA_WATCH_PID.
 */
export async function runCoreProcess(args: string[], startCore: (dir: string, options: CoreOptions) => Promise<Core>): Promise<void> {
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
