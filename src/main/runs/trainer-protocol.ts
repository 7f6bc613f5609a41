import type { ErrorValue } from '#shared/errors.ts';
import type { Overrides, Preset } from '#shared/domain/run.ts';
import type { BackendId } from '../ml/backend/backend.ts';
import type { CoreLink } from '../ml/pipeline/host.ts';

/** What a trainer is told to do: one run. */
export interface RunOrder {
  readonly runId: string;
  readonly recipe: string;
  readonly preset: Preset;
  readonly overrides: Overrides;
  readonly seed: number;
  readonly backend: BackendId | 'auto';
  /** Absolute path of the project folder; the trainer touches artifacts/ and logs/ alone. */
  readonly projectDir: string;
  /** For scoring runs: artifacts that stand in for steps, by step name. */
  readonly given: Readonly<Record<string, string>>;
  /** Steps to run; the others are given or left out. Null runs every step that is not given. */
  readonly only: readonly string[] | null;
}

/** What the trainer asks of the core (birpc over the child's IPC channel). */
export interface CoreFunctions extends CoreLink {
  /** Sent while the main loop turns. `idleMs` is the time since a stage last showed work (progress, metric, log or breathe). */
  heartbeat(idleMs: number): void;
  backend(description: string, id: BackendId): void;
  /** Answers when everything reported before is stored. Asked before each checkpoint: what lies before it is never reported again. */
  settled(): Promise<void>;
  finished(result: { ok: true } | { ok: false; cancelled: boolean; error: ErrorValue }): Promise<void>;
}

/** What the core asks of the trainer. */
export interface TrainerFunctions {
  start(order: RunOrder): Promise<void>;
  cancel(): Promise<void>;
}
