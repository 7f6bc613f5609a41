import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PenumbraError } from '#shared/errors.ts';
import { engineEnvironment } from '#main/ml/backend/environment.ts';
import type { RunSettings } from '../settings.ts';
import type { CoreFunctions, RunOrder } from '../trainer-protocol.ts';
import { openTrainerChannel, type TrainerProxy } from './channel.ts';
import { stderrLevel } from './stderr-level.ts';
import { crashError, oomKillCount, unresponsiveError } from './exit-report.ts';

export type TrainerOutcome =
  { readonly state: 'done' } | { readonly state: 'cancelled' } | { readonly state: 'failed'; readonly error: PenumbraError };

export interface TrainerEvents {
  /** A line the trainer's process wrote to stdout or stderr. */
  output(line: string, stream: 'stdout' | 'stderr'): void;
  /** Name of the step that runs now. */
  currentStep(): string | null;
}

export interface TrainerLaunch {
  readonly order: RunOrder;
  readonly recipeModule: string;
  readonly settings: RunSettings;
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What the trainer may ask; `heartbeat` and `finished` are the supervisor's own. */
  readonly functions: Omit<CoreFunctions, 'heartbeat' | 'finished'>;
  readonly events: TrainerEvents;
}

const LAST_LINES = 20;
/** How long a trainer that has reported its end may take to exit. */
const EXIT_GRACE_MS = 5000;
/** After the exit, output still in the pipes is waited for this long. */
const DRAIN_MS = 2000;

/** One trainer process from start to exit. `outcome` always resolves, and only when the process is gone. */
export class TrainerProcess {
  readonly outcome: Promise<TrainerOutcome>;
  readonly #launch: TrainerLaunch;
  readonly #child: ChildProcess;
  readonly #rpc: TrainerProxy;
  readonly #lastLines: string[] = [];
  readonly #oomKillsAtStart = oomKillCount();
  #reported: TrainerOutcome | null = null;
  #killedFor: PenumbraError | null = null;
  #cancelAsked = false;
  #beatAtMs = performance.now();
  #hasBeaten = false;
  #idleMs = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(launch: TrainerLaunch) {
    this.#launch = launch;
    this.#child = fork(new URL('../../trainer.ts', import.meta.url), [String(process.pid), launch.recipeModule], {
      execPath: process.execPath,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...engineEnvironment(), ...launch.env },
    });
    this.#rpc = openTrainerChannel(
      this.#child,
      {
        ...launch.functions,
        heartbeat: (idleMs) => {
          this.#hasBeaten = true;
          this.#beatAtMs = performance.now();
          this.#idleMs = idleMs;
        },
        finished: (result) => {
          this.#reported = result.ok
            ? { state: 'done' }
            : result.cancelled
              ? { state: 'cancelled' }
              : { state: 'failed', error: PenumbraError.fromValue(result.error) };
          this.#later(EXIT_GRACE_MS, () => this.#kill());
          return Promise.resolve();
        },
      },
      (error) => launch.events.output(`message channel: ${error.message}`, 'stderr'),
    );
    this.#readLines(this.#child.stdout, 'stdout');
    this.#readLines(this.#child.stderr, 'stderr');
    this.outcome = this.#watchExit();
    this.#watchHeart();
    void this.#rpc.start(launch.order).catch(() => undefined); // a trainer that dies before it starts is told by its exit
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the trainer to stop; kills it when it has not ended after the grace time. A second call kills at once. */
  cancel(): void {
    if (this.#cancelAsked) {
      this.#kill();
      return;
    }
    this.#cancelAsked = true;
    void this.#rpc.cancel().catch(() => undefined);
    this.#later(this.#launch.settings.cancelGraceMs, () => this.#kill());
  }

  #kill(): void {
    this.#child.kill('SIGKILL');
  }

  #watchHeart(): void {
    const { startTimeoutMs, heartbeatTimeoutMs, stallTimeoutMs } = this.#launch.settings;
    const check = () => {
      const silentMs = performance.now() - this.#beatAtMs;
      if (silentMs > (this.#hasBeaten ? heartbeatTimeoutMs : startTimeoutMs))
        this.#killFor(unresponsiveError(this.#launch.events.currentStep(), silentMs / 1000, 'loop'));
      else if (this.#idleMs > stallTimeoutMs) this.#killFor(unresponsiveError(this.#launch.events.currentStep(), this.#idleMs / 1000, 'stage'));
    };
    const every = Math.min(1000, heartbeatTimeoutMs / 4, stallTimeoutMs / 4);
    // Checked one turn later: when it was this process that stood still, the heartbeats waiting in the pipe are read first.
    const timer = setInterval(() => setImmediate(check), every);
    this.#timers.add(timer);
  }

  #killFor(reason: PenumbraError): void {
    if (this.#killedFor !== null || this.#reported !== null) return;
    this.#killedFor = reason;
    this.#kill();
  }

  async #watchExit(): Promise<TrainerOutcome> {
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null; spawnError: Error | null }>((resolve) => {
      this.#child.once('error', (error) => resolve({ code: null, signal: null, spawnError: error }));
      this.#child.once('exit', (code, signal) => {
        // 'close' comes when pipes and channel are read to their end: the trainer's last words count.
        this.#child.once('close', () => resolve({ code, signal, spawnError: null }));
        this.#later(DRAIN_MS, () => resolve({ code, signal, spawnError: null }));
      });
    });
    for (const timer of this.#timers) clearTimeout(timer);
    this.#rpc.$close();
    if (this.#reported !== null) return this.#reported;
    if (this.#cancelAsked) return { state: 'cancelled' };
    if (this.#killedFor !== null) return { state: 'failed', error: this.#killedFor };
    if (exit.spawnError !== null) this.#remember(exit.spawnError.message);
    const oomKillsNow = oomKillCount();
    const oomKills = oomKillsNow === null || this.#oomKillsAtStart === null ? null : oomKillsNow - this.#oomKillsAtStart;
    const step = this.#launch.events.currentStep();
    return { state: 'failed', error: crashError({ code: exit.code, signal: exit.signal, step, lastLines: this.#lastLines, oomKills }) };
  }

  #readLines(stream: Readable | null, name: 'stdout' | 'stderr'): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      if (name === 'stderr' && line.trim() !== '' && stderrLevel(line) !== 'debug') this.#remember(line);
      this.#launch.events.output(line, name);
    });
  }

  #remember(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
  }

  #later(ms: number, action: () => void): void {
    this.#timers.add(setTimeout(action, ms));
  }
}
