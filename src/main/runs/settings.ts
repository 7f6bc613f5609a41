/** Times and bounds of runs. Each can be set through the environment; tests pass their own. */
export interface RunSettings {
  /** Time a trainer has to start and give its first sign of life. */
  readonly startTimeoutMs: number;
  /** A trainer whose main loop shows no sign of life for this long is killed. */
  readonly heartbeatTimeoutMs: number;
  /** A trainer whose loop turns but whose stage shows no work for this long is killed. */
  readonly stallTimeoutMs: number;
  /** Time between asking a trainer to stop and killing it. */
  readonly cancelGraceMs: number;
  /** Runs are refused below this much free disk. */
  readonly minimumFreeBytes: number;
}

/**
 * PENUMBRA_HEARTBEAT_SECONDS (60): a single step on a large photo and a slow machine may hold the loop for many seconds.
 * PENUMBRA_STALL_SECONDS (1800): worker threads on very large photos report nothing until they are done.
 */
export function runSettings(env: Readonly<Record<string, string | undefined>> = process.env): RunSettings {
  return {
    startTimeoutMs: 120_000,
    heartbeatTimeoutMs: secondsOf(env, 'PENUMBRA_HEARTBEAT_SECONDS', 60) * 1000,
    stallTimeoutMs: secondsOf(env, 'PENUMBRA_STALL_SECONDS', 1800) * 1000,
    cancelGraceMs: 5000,
    minimumFreeBytes: 64 * 1024 * 1024,
  };
}

function secondsOf(env: Readonly<Record<string, string | undefined>>, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} is "${text}"; expected a number of seconds above 0`);
  return value;
}
