import { readFileSync } from 'node:fs';
import { processStat } from '../../../scripts/lib/process-stat.mjs';

/**
 * When a process started, as text that differs for any other process that ever had or will have its pid: boot id and start time in clock
 * ticks. Null when there is no such process, or no /proc.
 */
export function processStart(pid: number): string | null {
  const stat = processStat(pid);
  if (stat === null) return null;
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${stat.startTicks}`;
  } catch {
    return null;
  }
}
