import { parseArgs } from 'node:util';
import { toErrorValue } from '#shared/errors.ts';
import { watchWrapper } from './runs/watchdog/watch.ts';

/** What this needs of `startCore`, which imports this file only when it is the process's entry. */
interface RunningCore {
  readonly socketPath: string;
  readonly closing: Promise<'cancel' | 'wait'>;
  readonly closed: Promise<void>;
  close(runs: 'cancel' | 'wait'): Promise<void>;
}
type StartCore = (dir: string, options: { socketPath?: string }) => Promise<RunningCore>;

/**
 * The core as a process of its own: `node core.ts DIR [--socket PATH] [--create NAME]`. Says on stdout, in one JSON line, that it
 * answers (`{"ready": true, "socket", "pid"}`) or why it cannot (`{"ready": false, "error"}`, exit code 1). With --create it makes an
 * empty project of that name first. SIGTERM and SIGINT end it in good order; it dies with the process named in PENUMBRA_WATCH_PID,
 * unless it was told to end by itself when its runs have: then it outlives that process.
 */
export async function runCoreProcess(args: string[], startCore: StartCore): Promise<void> {
  const say = (line: unknown): unknown => process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { socket: { type: 'string' }, create: { type: 'string' } } });
    const [dir] = positionals;
    if (dir === undefined) throw new Error('usage: node core.ts DIR [--socket PATH] [--create NAME]');
    if (values.create !== undefined) {
      const { createProject } = await import('./project/open.ts');
      (await createProject(dir, { name: values.create })).close();
    }
    const core = await startCore(dir, values.socket === undefined ? {} : { socketPath: values.socket });
    const watch = await watchWrapper();
    void core.closing.then((runs) => (runs === 'wait' ? watch?.stop() : undefined));
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
