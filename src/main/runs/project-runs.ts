import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { RecipeInfo } from '#shared/contract/runs.ts';
import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import { describeRecipe } from '#main/ml/pipeline/describe.ts';
import type { Recipe } from '#main/ml/recipe.ts';
import { readOnlyError } from '#main/project/sqlite-errors.ts';
import { ActiveRun } from './active-run.ts';
import { reconcileIndex, sweepStaging } from './artifacts/keep.ts';
import { artifactShelf } from './artifacts/shelf.ts';
import { FileArtifactStore } from './artifacts/store.ts';
import { estimateRequest } from './estimate/gather.ts';
import { allRuns, requireRun } from './find-runs.ts';
import { readRunLog } from './logs/run-log.ts';
import { readRunSamples, runSampleFile } from './logs/run-samples.ts';
import type { RunProject, StoredOrder } from './ports.ts';
import { OWN_RECIPES } from './own-recipes.ts';
import { RunQueue } from './queue.ts';
import { RecipeBook } from './recipe-book.ts';
import { checkRun, firstError } from './run-check.ts';
import type { ArtifactShelf, RunEvent, RunRequest, RunService } from './run-service.ts';
import { interrupted, newRun, queuedAgain } from './run-states.ts';
import { planScoring, readCell, readScores, runToScore } from './scores.ts';
import { runSettings, type RunSettings } from './settings.ts';

export interface RunServiceOptions {
  readonly project: RunProject;
  readonly settings?: Partial<RunSettings>;
  /** URL of the module that lists recipes; tests bring their own. */
  readonly recipeModule?: string;
  /** Added to the environment of trainers. */
  readonly trainerEnv?: Readonly<Record<string, string>>;
  /** False leaves queued runs waiting until a run is started or resumed: for a process that only came to look. */
  readonly startQueued?: boolean;
  /** Told of what goes wrong where nobody waits for an answer. */
  readonly onBackgroundError?: (error: unknown) => void;
}

/** Opens the runs of a project: what ran when the last core died is marked interrupted, and the queue goes on unless told otherwise. */
export async function openRunService(options: RunServiceOptions): Promise<RunService> {
  const runs = new ProjectRuns(options);
  await runs.open();
  return runs;
}

class ProjectRuns implements RunService {
  readonly artifacts: ArtifactShelf;
  readonly #project: RunProject;
  readonly #store: FileArtifactStore;
  readonly #settings: RunSettings;
  readonly #book: RecipeBook;
  readonly #trainerEnv: Readonly<Record<string, string>>;
  readonly #startQueued: boolean;
  readonly #onBackgroundError: (error: unknown) => void;
  readonly #listeners = new Set<(event: RunEvent) => void>();
  readonly #queue: RunQueue<ActiveRun>;
  /** Runs that could neither start nor be marked failed, with the disk full: not tried again by this process. */
  readonly #unstartable = new Set<string>();
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: RunServiceOptions) {
    this.#project = options.project;
    this.#store = new FileArtifactStore(options.project.dir);
    this.artifacts = artifactShelf(options.project, this.#store);
    this.#settings = { ...runSettings(), ...options.settings };
    this.#book = new RecipeBook(options.recipeModule ?? OWN_RECIPES);
    this.#trainerEnv = options.trainerEnv ?? {};
    this.#startQueued = options.startQueued ?? true;
    this.#onBackgroundError = options.onBackgroundError ?? (() => undefined);
    this.#queue = new RunQueue(this.#project.runs, (run) => this.#launch(run));
  }

  async open(): Promise<void> {
    if (this.#project.readOnly) return;
    const all = allRuns(this.#project.runs);
    const now = new Date().toISOString();
    for (const run of all.filter((item) => item.state === 'running')) this.#project.runs.update(interrupted(run, now));
    await reconcileIndex(this.#project, this.#store);
    this.#sweep();
    await this.#sweeping;
    if (this.#startQueued && all.some((run) => run.state === 'queued')) await this.#pump();
  }

  async recipes(): Promise<RecipeInfo[]> {
    return (await this.#book.all()).map(describeRecipe);
  }

  async check(request: RunRequest): ReturnType<RunService['check']> {
    const recipe = await this.#book.find(request.recipe);
    const { findings, freeDiskBytes } = await checkRun(this.#project, recipe, request, this.#settings);
    const ok = firstError(findings) === null;
    const estimate = ok ? await estimateRequest(this.#project, await this.#book.all(), recipe, request) : null;
    return {
      ok,
      findings: findings.map(({ level, message, remedy }) => ({ level, message, remedy })),
      freeDiskBytes,
      estimateSeconds: estimate?.seconds ?? null,
      estimateFrom: estimate?.from ?? null,
    };
  }

  async start(request: RunRequest): Promise<RunSummary> {
    const recipe = await this.#book.find(request.recipe);
    const { findings } = await checkRun(this.#project, recipe, request, this.#settings);
    const error = firstError(findings);
    if (error !== null) throw error;
    return this.#enqueue(recipe, request, { given: {}, only: null }, null);
  }

  async startScore(runId?: string): Promise<RunSummary> {
    this.#requireWritable();
    const base = runToScore(this.#project, runId);
    const recipe = await this.#book.find(base.recipe);
    const backend = this.#project.runs.order(base.id)?.backend ?? 'auto';
    return this.#enqueue(recipe, { ...base, backend }, planScoring(recipe, base, (key) => this.#project.artifacts.get(key) !== null), base.id);
  }

  async #enqueue(recipe: Recipe, request: RunRequest, part: Pick<StoredOrder, 'given' | 'only'>, scoringOf: string | null): Promise<RunSummary> {
    const now = new Date().toISOString();
    const run = newRun(recipe, request, part, scoringOf, now);
    this.#project.runs.insert(run, { backend: request.backend, ...part, queuedAt: now });
    this.#emit({ name: 'runs.changed', payload: run });
    await this.#pump();
    return this.get(run.id);
  }

  list(query: Parameters<RunService['list']>[0]): ReturnType<RunService['list']> {
    const { total, runs } = this.#project.runs.list(query);
    return { total, runs: runs.map((run) => this.#live(run)) };
  }

  get(runId: string): RunSummary {
    return this.#live(requireRun(this.#project, runId));
  }

  /** The ledger lags behind a running run by up to a second. */
  #live(run: RunSummary): RunSummary {
    return this.#queue.occupant(run.id)?.run ?? run;
  }

  async cancel(runId: string): Promise<RunSummary> {
    this.#requireWritable();
    const run = this.get(runId);
    const occupant = this.#queue.occupant(runId);
    if (occupant !== null) {
      occupant.cancel();
      return occupant.ended;
    }
    if (run.state !== 'queued') return run;
    const cancelled: RunSummary = { ...run, state: 'cancelled', endedAt: new Date().toISOString() };
    this.#project.runs.update(cancelled);
    this.#emit({ name: 'runs.changed', payload: cancelled });
    return cancelled;
  }

  async resume(runId: string): Promise<RunSummary> {
    this.#requireWritable();
    const run = this.get(runId);
    if (run.state === 'queued') {
      // Its turn may have been left to whoever asks for it.
      await this.#pump();
      return this.get(runId);
    }
    const order = this.#project.runs.order(runId);
    if (order === null || !['failed', 'cancelled', 'interrupted'].includes(run.state)) {
      throw new PenumbraError(
        'RUN_NOT_RESUMABLE',
        `run ${runId} is ${run.state}; only failed, cancelled and interrupted runs can be resumed`,
        {
          remedy: run.state === 'done' ? 'Start a new run; steps that did not change are reused.' : 'Wait for it, or cancel it first.',
          details: { runId, state: run.state },
        },
      );
    }
    const queued = queuedAgain(run);
    this.#project.runs.update(queued, { ...order, queuedAt: new Date().toISOString() });
    this.#emit({ name: 'runs.changed', payload: queued });
    await this.#pump();
    return this.get(runId);
  }

  queued(): RunSummary[] {
    return this.#queue.waiting();
  }

  move(runId: string, before: string | null): RunSummary[] {
    this.#requireWritable();
    for (const id of before === null ? [runId] : [runId, before]) requireRun(this.#project, id);
    const queue = this.#queue.move(runId, before);
    if (queue === undefined) {
      throw new PenumbraError('RUN_NOT_QUEUED', `run ${runId} cannot be moved${before === null ? '' : ` before run ${before}`}: it or the other is not queued`, {
        remedy: 'Look at the queue again: a run may have started meanwhile.',
        details: { runId, before },
      });
    }
    for (const run of queue) this.#emit({ name: 'runs.changed', payload: run });
    return queue;
  }

  metrics(query: Parameters<RunService['metrics']>[0]): ReturnType<RunService['metrics']> {
    requireRun(this.#project, query.runId);
    return this.#project.runs.metrics(query.runId, query.afterIndex, query.limit);
  }

  async log(query: Parameters<RunService['log']>[0]): ReturnType<RunService['log']> {
    requireRun(this.#project, query.runId);
    return readRunLog(this.#project.dir, query.runId, query.afterLine, query.limit);
  }

  async samples(runId: string): ReturnType<RunService['samples']> {
    requireRun(this.#project, runId);
    return { samples: await readRunSamples(this.#project.dir, runId) };
  }

  async sampleFile(runId: string, sampleId: string): Promise<string> {
    requireRun(this.#project, runId);
    const file = await runSampleFile(this.#project.dir, runId, sampleId);
    if (file !== null) return file;
    throw new PenumbraError('NOT_FOUND', `run ${runId} has no picture ${sampleId}`, {
      remedy: 'Ask runs.samples which there are.',
      details: { runId, sampleId },
    });
  }

  stepArtifact(runId: string, step: string): ArtifactManifest {
    const status = this.get(runId).steps.find((item) => item.step === step);
    const key = status?.artifact ?? null;
    const indexed = key === null ? null : this.#project.artifacts.get(key);
    if (indexed !== null) return indexed.manifest;
    throw new PenumbraError('ARTIFACT_NOT_FOUND', `run ${runId} has no output of step "${step}"`, {
      remedy:
        status === undefined
          ? 'This run has no such step; choose a run of another recipe.'
          : 'Let the run get past this step, or choose another run.',
      details: { runId, step },
    });
  }

  scores(runId?: string): Promise<{ runId: string; table: ScoreTable }> {
    return readScores(this.#project, this.#store, runId);
  }

  scoreCell({ runId, ...cell }: Parameters<RunService['scoreCell']>[0]): ReturnType<RunService['scoreCell']> {
    return readCell(this.#project, this.#store, runId, cell);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async finished(runId: string): Promise<RunSummary> {
    const run = this.get(runId);
    if (FINAL_RUN_STATES.includes(run.state)) return run;
    return new Promise((resolve) => {
      const stop = this.subscribe((event) => {
        if (event.name !== 'runs.changed' || event.payload.id !== runId || !FINAL_RUN_STATES.includes(event.payload.state)) return;
        stop();
        resolve(event.payload);
      });
    });
  }

  async close(how: 'cancel' | 'wait'): Promise<void> {
    this.#queue.close();
    const occupants = this.#queue.occupants();
    if (how === 'cancel') for (const occupant of occupants) occupant.cancel();
    await Promise.all(occupants.map((occupant) => occupant.ended));
    await this.#sweeping;
  }

  /** Recipes are loaded by now: every pump waits for them. */
  #launch(run: RunSummary): ActiveRun | null {
    if (this.#unstartable.has(run.id)) return null;
    const order = this.#project.runs.order(run.id);
    try {
      if (order === null) throw new Error(`run ${run.id} has no order`);
      const active = new ActiveRun(run, order, {
        project: this.#project,
        recipe: this.#book.findLoaded(run.recipe),
        recipeModule: this.#book.module,
        settings: this.#settings,
        trainerEnv: this.#trainerEnv,
        emit: (event) => this.#emit(event),
      });
      void active.ended.then(() => this.#sweep());
      return active;
    } catch (error) {
      this.#fail(run, error);
      return null;
    }
  }

  #fail(run: RunSummary, error: unknown): void {
    const failed: RunSummary = { ...run, state: 'failed', endedAt: new Date().toISOString(), error: toErrorValue(error) };
    try {
      this.#project.runs.update(failed);
    } catch (unsaved) {
      this.#unstartable.add(run.id);
      this.#onBackgroundError(unsaved);
    }
    this.#emit({ name: 'runs.changed', payload: failed });
  }

  async #pump(): Promise<void> {
    await this.#book.all();
    this.#queue.pump();
  }

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => sweepStaging(this.#project, this.#store)).catch(this.#onBackgroundError);
  }

  #requireWritable(): void {
    if (this.#project.readOnly) throw readOnlyError(this.#project.dir);
  }

  #emit(event: RunEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onBackgroundError(error); // one listener's failure is not the others', nor the run's
      }
    }
  }
}
