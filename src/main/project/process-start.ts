import { readFileSync } from 'node:fs';

/**
 * When a process started, as text that differs for any other process that ever had or will have its pid: boot id and start time in clock
 * ticks (proc(5), field 22). Null when there is no such process, or no /proc.
 */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command, field 2, is in parentheses and may hold spaces and parentheses itself.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return ticks === undefined ? null : `${boot}/${ticks}`;
  } catch {
    return null;
  }
}
