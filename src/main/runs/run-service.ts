import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { CallOutput, CallParsedInput, EventPayload } from '#shared/contract/define.ts';
import type {
  RecipeInfo,
  checkRun,
  listArtifacts,
  listRuns,
  reclaimArtifacts,
  runChanged,
  runLog,
  runLogged,
  runMetric,
  runMetrics,
  runSampled,
  runSamples,
  startRun,
} from '#shared/contract/runs.ts';
import type { scoreCell } from '#shared/contract/scores.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import type { ArtifactReader } from '#main/ml/stage.ts';

export type RunRequest = CallParsedInput<typeof startRun>;

export type RunEvent =
  | { readonly name: 'runs.changed'; readonly payload: EventPayload<typeof runChanged> }
  | { readonly name: 'runs.metric'; readonly payload: EventPayload<typeof runMetric> }
  | { readonly name: 'runs.logged'; readonly payload: EventPayload<typeof runLogged> }
  | { readonly name: 'runs.sampled'; readonly payload: EventPayload<typeof runSampled> };

/** The artifacts of one open project. Every method throws PenumbraError. */
export interface ArtifactShelf {
  list(query: CallParsedInput<typeof listArtifacts>): CallOutput<typeof listArtifacts>;
  /** ARTIFACT_NOT_FOUND, PROJECT_READ_ONLY. */
  pin(key: string, pinned: boolean): void;
  /** Deletes what nothing needs, or with `dryRun` only says what that is. PROJECT_READ_ONLY. */
  reclaim(dryRun: boolean): Promise<CallOutput<typeof reclaimArtifacts>>;
  /** A sealed artifact; ARTIFACT_NOT_FOUND or ARTIFACT_DAMAGED. */
  open(key: string): Promise<ArtifactReader>;
  /** The same for who reads one file of it: ARTIFACT_DAMAGED comes from reading that file, whatever the others are. */
  openFile(key: string): Promise<ArtifactReader>;
}

/** Runs of one open project: queue, trainer processes, artifacts, scores. Every method throws PenumbraError. */
export interface RunService {
  recipes(): Promise<RecipeInfo[]>;
  check(request: RunRequest): Promise<CallOutput<typeof checkRun>>;
  start(request: RunRequest): Promise<RunSummary>;
  list(query: CallParsedInput<typeof listRuns>): CallOutput<typeof listRuns>;
  get(runId: string): RunSummary;
  /** Resolves when the run has ended. A second call while it ends kills its process at once. */
  cancel(runId: string): Promise<RunSummary>;
  resume(runId: string): Promise<RunSummary>;
  /** Queued runs, next first. */
  queued(): RunSummary[];
  /** Moves a queued run before another or, with null, to the end. RUN_NOT_QUEUED. */
  move(runId: string, before: string | null): RunSummary[];
  metrics(query: CallParsedInput<typeof runMetrics>): CallOutput<typeof runMetrics>;
  log(query: CallParsedInput<typeof runLog>): Promise<CallOutput<typeof runLog>>;
  samples(runId: string): Promise<CallOutput<typeof runSamples>>;
  /** Path of a PNG of `samples`; NOT_FOUND. */
  sampleFile(runId: string, sampleId: string): Promise<string>;
  readonly artifacts: ArtifactShelf;
  /** Artifact of a step of a run, such as ('run_…', 'refined'); ARTIFACT_NOT_FOUND when that step made none. */
  stepArtifact(runId: string, step: string): ArtifactManifest;
  startScore(runId?: string): Promise<RunSummary>;
  scores(runId?: string): Promise<{ runId: string; table: ScoreTable }>;
  /** The images with most pixels in one cell of a confusion matrix. */
  scoreCell(query: CallParsedInput<typeof scoreCell>): Promise<CallOutput<typeof scoreCell>['images']>;
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** Resolves when the run is in a final state. */
  finished(runId: string): Promise<RunSummary>;
  /** Ends the queue: a running run is cancelled, or waited for. Queued runs stay queued for the next start. */
  close(how: 'cancel' | 'wait'): Promise<void>;
}
