import { Worker } from 'node:worker_threads';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export interface Watch {
  /** Ends the watch. */
  stop(): Promise<void>;
}

/**
 * Ends this process with SIGKILL soon after `pid` is gone (polled each second). The poll runs in a thread of its own,
 * so it works while the main thread is stuck in native code.
 * Resolves when the thread watches. Where `pid` is gone already, this process ends at once.
 */
export async function watchProcess(pid: number, pollMs = 1000): Promise<Watch> {
  const watched: ProcessIdentity | null = identifyProcess(pid);
  if (watched === null) {
    process.kill(process.pid, 'SIGKILL');
    return { stop: () => Promise.resolve() };
  }
  // A direct parent that dies hands its children to another process: the new parent pid tells even when the pid is reused.
  const isParent = process.ppid === pid;
  const thread = new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData: { watched, isParent, pollMs } });
  await new Promise<void>((resolve, reject) => {
    thread.once('message', () => {
      resolve();
    });
    thread.once('error', reject);
  });
  thread.unref();
  return {
    stop: async () => {
      await thread.terminate();
    },
  };
}

/** Watches the wrapper that started this process through PENUMBRA_WATCH_PID, such as `npm start`. Does nothing without the variable. */
export async function watchWrapper(env: Readonly<Record<string, string | undefined>> = process.env): Promise<Watch | null> {
  const text = env['PENUMBRA_WATCH_PID'];
  if (text === undefined || text === '') return null;
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`PENUMBRA_WATCH_PID is "${text}"; expected the pid of a process`);
  return watchProcess(pid);
}
