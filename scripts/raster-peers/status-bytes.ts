import { readFileSync } from 'node:fs';

/**
 * What Linux says of this process's memory, in bytes: VmRSS now, VmHWM at most. Not resourceUsage, whose maximum is at first that of the process that
 * started this one.
 */
export function statusBytes(key: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync('/proc/self/status', 'utf8').split('\n').find((one) => one.startsWith(key));
  return Number(line?.split(/\s+/)[1]) * 1024;
}
