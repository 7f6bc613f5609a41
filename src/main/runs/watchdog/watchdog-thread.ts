import { parentPort, workerData } from 'node:worker_threads';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

const { watched, isParent, pollMs } = workerData as { watched: ProcessIdentity; isParent: boolean; pollMs: number };

setInterval(() => {
  if (!isRunning(watched) || (isParent && process.ppid !== watched.pid)) process.kill(process.pid, 'SIGKILL');
}, pollMs);
parentPort?.postMessage('watching');
