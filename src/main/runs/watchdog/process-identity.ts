import { processStat } from '../../../../scripts/lib/process-stat.mjs';

/** One process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which it started; null where the system does not say (macOS, Windows). */
  readonly startTicks: string | null;
}

/** The identity of a live process; null when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  if (process.platform === 'linux') {
    const stat = processStat(pid);
    return stat === null || stat.isDead ? null : { pid, startTicks: stat.startTicks };
  }
  return answersSignal(pid) ? { pid, startTicks: null } : null;
}

/** Whether that very process still runs. A zombie does not: it only waits to be collected. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== null && (identity.startTicks === null || now.startTicks === null || now.startTicks === identity.startTicks);
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
