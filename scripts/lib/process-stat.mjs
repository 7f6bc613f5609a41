/** What Linux says of a process in proc(5). */
import { readFileSync } from 'node:fs';

/**
 * Null when there is no such process, and on systems without /proc.
 * @param {number} pid
 * @returns {{ isDead: boolean, parentPid: number, startTicks: string } | null}
 *   isDead: ended and not yet collected by its parent (a zombie), though it still answers signals;
 *   startTicks: clock ticks since boot at which it started, so that a reused pid is not taken for the process that had it
 */
export function processStat(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // Field 2, the command, is in parentheses and may hold spaces and parentheses itself: fields count from its last ")".
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid] = fields;
  const startTicks = fields[22 - 3];
  return startTicks === undefined ? null : { isDead: state === 'Z' || state === 'X', parentPid: Number(parentPid), startTicks };
}
