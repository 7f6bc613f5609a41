import type { LogLevel, LogLine, MetricPoint, StepState, StepStatus } from '#shared/domain/run.ts';
import type { StageReport } from '../stage.ts';
import { EtaEstimator } from './eta.ts';
import type { PipelineHost } from './host.ts';

/** Reports leave the process at most this often; state changes leave at once. */
const THROTTLE_MS = 100;

/** Keeps the status of every step of a run and passes reports on to the host, gathered so that a fast stage does not flood it. */
export class RunProgress {
  readonly #host: PipelineHost;
  readonly #statuses = new Map<string, StepStatus>();
  readonly #points: MetricPoint[] = [];
  readonly #lines: LogLine[] = [];
  #statusesChanged = false;
  #sentAtMs = -Infinity;

  constructor(host: PipelineHost, steps: readonly { readonly name: string; readonly stage: string }[]) {
    this.#host = host;
    for (const step of steps) {
      this.#statuses.set(step.name, {
        step: step.name,
        stage: step.stage,
        state: 'waiting',
        done: 0,
        total: 0,
        unit: '',
        etaSeconds: null,
        startedAt: null,
        endedAt: null,
        artifact: null,
      });
    }
    this.#statusesChanged = true;
    this.send();
  }

  begin(step: string): void {
    this.#set(step, { state: 'running', startedAt: this.#isoNow() });
    this.send();
  }

  end(step: string, state: Exclude<StepState, 'waiting' | 'running'>, artifact: string | null): void {
    const status = this.#statuses.get(step);
    this.#set(step, {
      state,
      endedAt: this.#isoNow(),
      etaSeconds: null,
      artifact,
      ...(state === 'done' && status !== undefined ? { done: status.total } : {}),
    });
    this.send();
  }

  /** A step whose artifact was there already; `at` is when it was made. */
  reuse(step: string, state: 'done' | 'reused', artifact: string, at: string): void {
    this.#set(step, { state, startedAt: at, endedAt: at, artifact });
    this.send();
  }

  log(step: string | null, level: LogLevel, message: string): void {
    this.#lines.push({ at: this.#isoNow(), level, step, message });
    this.maybeSend();
  }

  /** What a stage reports through. */
  forStep(step: string): StageReport {
    const eta = new EtaEstimator();
    return {
      progress: (done, total, unit) => {
        this.#set(step, { done, total, unit, etaSeconds: eta.update(this.#host.now(), done, total) });
        this.#host.beat();
        this.maybeSend();
      },
      metric: (series, x, xUnit, value) => {
        this.#points.push({ step, series, x, xUnit, value });
        this.#host.beat();
        this.maybeSend();
      },
      log: (level, message) => {
        this.log(step, level, message);
      },
      sample: (name, title, draw) => {
        try {
          const picture = draw();
          if (picture !== null) this.#host.sample(step, name, title, picture);
        } catch (error) {
          this.log(step, 'warn', `The picture "${title}" could not be made: ${error instanceof Error ? error.message : String(error)}`);
        }
        this.#host.beat();
      },
    };
  }

  /** Passes on all that was gathered. */
  send(): void {
    this.#sentAtMs = this.#host.now();
    if (this.#points.length > 0) this.#host.metrics(this.#points.splice(0));
    if (this.#lines.length > 0) this.#host.log(this.#lines.splice(0));
    if (this.#statusesChanged) this.#host.steps([...this.#statuses.values()]);
    this.#statusesChanged = false;
  }

  /** Passes on what has waited long enough; called from breathe(), so that a quiet stage's last report does not linger. */
  maybeSend(): void {
    if (this.#host.now() - this.#sentAtMs >= THROTTLE_MS) this.send();
  }

  #set(step: string, change: Partial<StepStatus>): void {
    const status = this.#statuses.get(step);
    if (status === undefined) throw new Error(`no step "${step}" in this run`);
    this.#statuses.set(step, { ...status, ...change });
    this.#statusesChanged = true;
  }

  #isoNow(): string {
    return new Date(this.#host.now()).toISOString();
  }
}
