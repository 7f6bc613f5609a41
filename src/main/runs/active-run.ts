import { PenumbraError } from '#shared/errors.ts';
import type { LogLevel, LogLine, MetricPoint, RunSummary, StepStatus } from '#shared/domain/run.ts';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { EditRecord } from '#shared/domain/snapshot.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import { RunLog } from './logs/run-log.ts';
import { RunSamples } from './logs/run-samples.ts';
import type { RunProject, SourceSnapshot, StoredOrder } from './ports.ts';
import { RunRecorder } from './recorder.ts';
import type { RunEvent } from './run-service.ts';
import type { RunSettings } from './settings.ts';
import { stderrLevel } from './trainer/stderr-level.ts';
import { TrainerProcess } from './trainer/supervisor.ts';
import type { CoreFunctions } from './trainer-protocol.ts';

export interface ActiveRunOptions {
  readonly project: RunProject;
  readonly recipe: Recipe;
  readonly recipeModule: string;
  readonly settings: RunSettings;
  readonly trainerEnv: Readonly<Record<string, string>>;
  readonly emit: (event: RunEvent) => void;
}

/** Longer lines of native libraries are cut. */
const MAX_LINE = 2000;

/** A run that has the device: its trainer, its log, and what its trainer may ask of the project. */
export class ActiveRun {
  /** Resolves with the run in a final state, when its process is gone. */
  readonly ended: Promise<RunSummary>;
  readonly #options: ActiveRunOptions;
  readonly #recorder: RunRecorder;
  readonly #runLog: RunLog;
  readonly #samples: RunSamples;
  readonly #trainer: TrainerProcess;
  /** Taken once for each set of sources: what a run sees of the data never changes under it. */
  readonly #snapshots = new Map<string, Promise<SourceSnapshot>>();
  /** Corrections as they stood when the stage's fingerprint was taken: both must tell of the same moment. */
  readonly #said = new Set<string>();
  readonly #editsByStage = new Map<string, readonly EditRecord[]>();

  constructor(run: RunSummary, order: StoredOrder, options: ActiveRunOptions) {
    this.#options = options;
    this.#runLog = new RunLog(options.project.dir, run.id);
    this.#samples = new RunSamples(options.project.dir, run.id);
    this.#recorder = new RunRecorder(run, {
      ledger: options.project.runs,
      emit: (changed) => options.emit({ name: 'runs.changed', payload: changed }),
      onSaveFailed: (error) => this.#say('warn', `the state of this run could not be saved and is tried again: ${messageOf(error)}`),
    });
    this.#recorder.change({ state: 'running', startedAt: run.startedAt ?? isoNow(), endedAt: null, error: null }, 'now');
    this.#trainer = new TrainerProcess({
      order: {
        runId: run.id,
        recipe: run.recipe,
        preset: run.preset,
        overrides: run.overrides,
        seed: run.seed,
        backend: order.backend,
        projectDir: options.project.dir,
        given: order.given,
        only: order.only,
      },
      recipeModule: options.recipeModule,
      settings: options.settings,
      env: options.trainerEnv,
      functions: this.#functions(),
      events: {
        output: (line, stream) => this.#say(stream === 'stderr' ? stderrLevel(line) : 'info', line.slice(0, MAX_LINE)),
        currentStep: () => this.run.steps.find((step) => step.state === 'running')?.step ?? null,
      },
    });
    this.ended = this.#trainer.outcome.then(async (outcome) => {
      await this.#samples.settled();
      return this.#conclude(outcome);
    });
  }

  get run(): RunSummary {
    return this.#recorder.run;
  }

  get pid(): number | undefined {
    return this.#trainer.pid;
  }

  cancel(): void {
    this.#trainer.cancel();
  }

  #conclude(outcome: Awaited<TrainerProcess['outcome']>): RunSummary {
    const error = outcome.state === 'failed' ? outcome.error.toValue() : null;
    if (error !== null) this.#say('error', `${error.message.replace(/\.$/, '')}. ${error.remedy}`, this.#failingStep());
    const unfinished = outcome.state === 'cancelled' ? 'cancelled' : 'failed';
    const endedAt = isoNow();
    const steps = this.run.steps.map((step) =>
      step.state === 'running' ? ({ ...step, state: unfinished, endedAt, etaSeconds: null } as const) : step,
    );
    this.#recorder.change({ state: outcome.state, steps, endedAt, error }, 'now');
    this.#runLog.close();
    return this.run;
  }

  #failingStep(): string | null {
    return this.run.steps.find((step) => step.state === 'running' || step.state === 'failed')?.step ?? null;
  }

  #functions(): Omit<CoreFunctions, 'heartbeat' | 'finished'> {
    const { project } = this.#options;
    return {
      sources: (stage, reads) => this.#sources(stage, reads),
      truth: (stage, purpose) => {
        this.#requireRead(stage, 'truth');
        return project.truth(stage, this.run.id, purpose);
      },
      edits: async (stage) => {
        this.#requireRead(stage, 'edits');
        return this.#editsByStage.get(stage) ?? project.editRecords();
      },
      sealed: (manifest) => {
        project.artifacts.insert(manifest);
        return Promise.resolve();
      },
      steps: (statuses) => this.#mergeSteps(statuses),
      metrics: (points) => this.#addMetrics(points),
      log: (lines) => this.#addLines(lines),
      sample: (step, name, title, picture) => this.#addSample(step, name, title, picture),
      settled: () => this.#samples.settled(), // calls are handled in the order they came, and every other stores what it brings before it returns
      backend: (description) => this.#recorder.change({ backend: description }, 'soon'),
    };
  }

  async #sources(stage: string, reads: readonly SourceKind[]): Promise<SourceSnapshot> {
    for (const source of reads) this.#requireRead(stage, source);
    // Corrections are taken when the stage that lays them starts, as late as can be; everything else once a run.
    if (reads.includes('edits')) return this.#sourcesWithEdits(stage, reads);
    const id = [...reads].sort().join(' ');
    const taken = this.#snapshots.get(id) ?? this.#takeSnapshot(reads);
    this.#snapshots.set(id, taken);
    return taken;
  }

  /** Fingerprint and corrections of one moment: taken again when somebody painted in between. */
  async #sourcesWithEdits(stage: string, reads: readonly SourceKind[]): Promise<SourceSnapshot> {
    for (;;) {
      const taken = await this.#takeSnapshot(reads);
      const edits = await this.#options.project.editRecords();
      const after = await this.#options.project.snapshot(['edits']);
      if (after.fingerprints['edits'] !== taken.fingerprints['edits']) continue;
      this.#editsByStage.set(stage, edits);
      return taken;
    }
  }

  async #takeSnapshot(reads: readonly SourceKind[]): Promise<SourceSnapshot> {
    const taken = await this.#options.project.snapshot(reads);
    for (const problem of taken.problems) this.#sayOnce('warn', `${problem.file} is left out: ${problem.message}. ${problem.remedy}`);
    return taken;
  }

  /** The trainer is asked no more than the recipe's stages declare, whatever it asks for. */
  #requireRead(stage: string, source: SourceKind): void {
    const declared = Object.values(this.#options.recipe.steps).find((step) => step.stage.id === stage)?.stage.reads ?? [];
    if (declared.includes(source)) return;
    throw new PenumbraError(
      'SUPERVISION_VIOLATION',
      `stage "${stage}" asked for ${source}, which recipe "${this.#options.recipe.id}" does not declare for it`,
      {
        remedy: `Declare "${source}" in the stage's reads.`,
        details: { stage, asked: source, declared: [...declared] },
      },
    );
  }

  #mergeSteps(statuses: readonly StepStatus[]): void {
    const before = new Map(this.run.steps.map((step) => [step.step, step]));
    const steps = statuses.map((status) => {
      const earlier = before.get(status.step);
      // What this run made before it was stopped keeps its own counts and times.
      const known = status.state === 'done' && status.unit === '' && earlier?.state === 'done' && earlier.artifact === status.artifact;
      return known ? earlier : status;
    });
    const changed = steps.some((step) => step.state !== before.get(step.step)?.state);
    this.#recorder.change({ steps }, changed ? 'now' : 'soon');
  }

  #addMetrics(points: readonly MetricPoint[]): void {
    try {
      this.#options.project.runs.appendMetrics(this.run.id, points);
    } catch (error) {
      this.#say('warn', `points of a curve could not be saved: ${messageOf(error)}`);
    }
    this.#options.emit({ name: 'runs.metric', payload: { runId: this.run.id, points: [...points] } });
  }

  #addLines(lines: readonly LogLine[]): void {
    this.#runLog.append(lines);
    this.#options.emit({ name: 'runs.logged', payload: { runId: this.run.id, lines: [...lines] } });
  }

  #addSample(...[step, name, title, picture]: Parameters<CoreFunctions['sample']>): void {
    const position = this.run.steps.findIndex((status) => status.step === step);
    this.#samples.add({ position, step, name, title, picture }, {
      stored: (sample) => this.#options.emit({ name: 'runs.sampled', payload: { runId: this.run.id, sample } }),
      failed: (error) => this.#say('warn', `the picture "${title}" could not be stored: ${messageOf(error)}`, step),
    });
  }

  /** Every stage meets the same unreadable photo; it is told once. */
  #sayOnce(level: LogLevel, message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#say(level, message);
  }

  #say(level: LogLevel, message: string, step: string | null = null): void {
    this.#addLines([{ at: isoNow(), level, step, message }]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isoNow(): string {
  return new Date().toISOString();
}
