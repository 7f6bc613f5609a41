import type { DataProblem } from '#shared/contract/dataset.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { MetricPoint, RunState, RunSummary } from '#shared/domain/run.ts';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { BackendId } from '#main/ml/backend/backend.ts';
import type { DatasetSnapshot, EditRecord, TruthRecord } from '#main/ml/stage.ts';

/** What a run needs beside its summary; stored with it as JSON, so that a queued run survives the core. */
export interface StoredOrder {
  readonly backend: BackendId | 'auto';
  /** Artifacts that stand in for steps, by step name. */
  readonly given: Readonly<Record<string, string>>;
  /** Steps to run; the others are given or left out. Null runs every step that is not given. */
  readonly only: readonly string[] | null;
  /** ISO time at which the run last entered the queue: first in, first out. */
  readonly queuedAt: string;
}

/** Rows of runs, as the project keeps them. All synchronous: SQLite writes are one short transaction each. */
export interface RunLedger {
  insert(run: RunSummary, order: StoredOrder): void;
  /** Replaces the run's row; the order only when given. */
  update(run: RunSummary, order?: StoredOrder): void;
  get(runId: string): RunSummary | null;
  order(runId: string): StoredOrder | null;
  /** Newest first by creation. */
  list(query: { readonly state?: RunState | undefined; readonly offset: number; readonly limit: number }): {
    total: number;
    runs: RunSummary[];
  };
  /**
   * A point already there (same run, step, series and x) keeps its place and takes the new value: a resumed run repeats the points since
   * its checkpoint, with other values where the data changed meanwhile.
   */
  appendMetrics(runId: string, points: readonly MetricPoint[]): void;
  /** Points from index `afterIndex` on in order of arrival; `nextIndex` continues. */
  metrics(runId: string, afterIndex: number, limit: number): { points: MetricPoint[]; nextIndex: number };
}

/** The index of sealed artifacts. The folders on disk are the truth; this makes them findable. */
export interface ArtifactIndex {
  /** Does nothing when the key is there. */
  insert(manifest: ArtifactManifest): void;
  get(key: string): { manifest: ArtifactManifest; pinned: boolean } | null;
  /** Newest first. */
  list(query: { readonly kind?: string | undefined }): { manifest: ArtifactManifest; pinned: boolean }[];
  /** False when there is no such artifact. */
  pin(key: string, pinned: boolean): boolean;
  delete(key: string): void;
}

export interface SourceSnapshot {
  readonly dataset: DatasetSnapshot;
  readonly fingerprints: Record<string, string>;
  /** Images left out because their photo cannot be opened now. */
  readonly problems: readonly DataProblem[];
}

/** What runs ask of a project. `Project` of main/project has this shape. */
export interface RunProject {
  /** Absolute path of the project folder. */
  readonly dir: string;
  readonly readOnly: boolean;
  readonly runs: RunLedger;
  readonly artifacts: ArtifactIndex;
  /** What the supervision declaration grants to a stage that reads these sources, with a fingerprint for each. */
  snapshot(reads: readonly SourceKind[]): Promise<SourceSnapshot>;
  /** Vault masks; written to the vault log before they are returned. */
  truth(by: string, runId: string | null, purpose: string): Promise<readonly TruthRecord[]>;
  /** Corrections in force. */
  editRecords(): Promise<readonly EditRecord[]>;
  /** Label-maps artifacts that corrections rest on; never reclaimed. */
  editBases(): readonly string[];
  datasetRoot(): { readonly path: string; readonly found: boolean } | null;
}
