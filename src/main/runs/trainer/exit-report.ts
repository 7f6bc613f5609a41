import { readFileSync } from 'node:fs';
import { PenumbraError } from '#shared/errors.ts';

export interface TrainerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Step that was running, if any. */
  readonly step: string | null;
  /** Last lines the trainer wrote, oldest first. */
  readonly lastLines: readonly string[];
  /** Processes the system killed for want of memory while the trainer ran; null where it does not say. */
  readonly oomKills: number | null;
}

/** Why a trainer that reported no end is gone, in words, with the way out. */
export function crashError(exit: TrainerExit): PenumbraError {
  const during = exit.step === null ? 'before its first step' : `during step "${exit.step}"`;
  const how = exit.signal === null ? `ended with exit code ${String(exit.code)}` : `was ended by ${exit.signal}${signalMeaning(exit)}`;
  const tail = exit.lastLines.slice(-3).join(' | ');
  return new PenumbraError('TRAINER_CRASHED', `the trainer ${how} ${during}${tail === '' ? '' : `; its last words: ${tail}`}`, {
    remedy: outOfMemory(exit)
      ? 'Close other programs or set a smaller batch size or long side, then resume the run: it goes on from its last checkpoint.'
      : 'Resume the run: it goes on from its last checkpoint. If it fails again, the log of the run says more.',
    details: { exitCode: exit.code, signal: exit.signal, step: exit.step, oomKills: exit.oomKills, lastLines: [...exit.lastLines] },
  });
}

export function unresponsiveError(step: string | null, silentSeconds: number, kind: 'loop' | 'stage'): PenumbraError {
  const during = step === null ? 'before its first step' : `during step "${step}"`;
  const what = kind === 'loop' ? 'gave no sign of life' : 'showed no progress';
  const variable = kind === 'loop' ? 'PENUMBRA_HEARTBEAT_SECONDS' : 'PENUMBRA_STALL_SECONDS';
  return new PenumbraError(
    'TRAINER_UNRESPONSIVE',
    `the trainer ${what} for ${String(Math.round(silentSeconds))} s ${during} and was killed`,
    {
      remedy: `Resume the run: it goes on from its last checkpoint. If one step takes longer here, set ${variable} to more seconds.`,
      details: { step, silentSeconds: Math.round(silentSeconds) },
    },
  );
}

function outOfMemory(exit: TrainerExit): boolean {
  return exit.signal === 'SIGKILL' && (exit.oomKills ?? 0) > 0;
}

function signalMeaning(exit: TrainerExit): string {
  switch (exit.signal) {
    case 'SIGKILL':
      if (outOfMemory(exit)) return ' (the system ran out of memory)';
      return ' (killed from outside; the system does that when memory runs out)';
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGILL':
    case 'SIGABRT':
    case 'SIGFPE':
      return ' (a crash in native code)';
    default:
      return '';
  }
}

/** Count of out-of-memory kills so far: of this control group where it says, else of the machine. Null where neither does. */
export function oomKillCount(): number | null {
  return counterIn('/sys/fs/cgroup/memory.events') ?? counterIn('/proc/vmstat');
}

function counterIn(path: string): number | null {
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'));
    return match?.[1] === undefined ? null : Number(match[1]);
  } catch {
    return null;
  }
}
