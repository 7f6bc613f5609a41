import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { LogLine, MetricPoint, StepStatus } from '#shared/domain/run.ts';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { ArtifactReader, ArtifactWriter, CheckpointSlot, DatasetSnapshot, EditRecord, Picture, TruthRecord } from '../stage.ts';

/** An artifact in staging. It survives the process that makes it: opening the same key again goes on where it stopped. */
export interface ArtifactDraft {
  /** Set when there is nothing left to make: another process sealed it meanwhile, or an earlier one was killed while sealing. */
  readonly finished: ArtifactReader | null;
  readonly writer: ArtifactWriter;
  readonly checkpoint: CheckpointSlot;
  /** Writes the manifest, drops the checkpoint and renames the folder into place; from then on the artifact exists. A reopened one that came out as it was stays. */
  seal(manifest: Omit<ArtifactManifest, 'files' | 'summary'>): Promise<ArtifactReader>;
  /** Lets go of the folder without sealing it. Its files stay for a resumed run. */
  release(): Promise<void>;
}

/** Sealed artifacts and those in the making. Implemented over files by runs/artifacts. */
export interface ArtifactStore {
  /** Null when no such artifact is sealed; ARTIFACT_DAMAGED when it is there but incomplete. */
  open(key: string): Promise<ArtifactReader | null>;
  /**
   * Opens staging for a key; waits while another live process makes the same artifact. With `reopen`, a sealed artifact of the key that
   * left images out, staging begins with its files (a model's is empty); the sealed one stays until the new one replaces it.
   */
  draft(key: string, runId: string, signal: AbortSignal, reopen?: ArtifactReader | null): Promise<ArtifactDraft>;
  /** Moves a damaged artifact out of the way, so that it can be made again. */
  setAside(key: string): Promise<void>;
}

/** What a run asks of the core, and what it tells it. */
export interface CoreLink {
  /** The snapshot for a stage that reads these sources, with a fingerprint for each, which becomes part of artifact keys. */
  sources(stage: string, reads: readonly SourceKind[]): Promise<{ dataset: DatasetSnapshot; fingerprints: Record<string, string> }>;
  /** Vault masks; logged before they are handed out. */
  truth(stage: string, purpose: string): Promise<readonly TruthRecord[]>;
  edits(stage: string): Promise<readonly EditRecord[]>;
  /** Says that an artifact is sealed on disk; the core indexes it. */
  sealed(manifest: ArtifactManifest): Promise<void>;
  /** This and what follows is told and not waited for. */
  steps(statuses: readonly StepStatus[]): void;
  metrics(points: readonly MetricPoint[]): void;
  log(lines: readonly LogLine[]): void;
  /** A picture of a step's work, to be stored and shown. */
  sample(step: string, name: string, title: string, picture: Picture): void;
}

/** Everything the pipeline asks of the process that hosts it. */
export interface PipelineHost extends CoreLink {
  readonly store: ArtifactStore;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** penumbra and node versions, for provenance. */
  readonly versions: Readonly<Record<string, string>>;
  /** Loads the tensor backend at first use; the same one afterwards. */
  backend(): Promise<TensorBackend>;
  weights(name: string): Promise<string>;
  /** Tells that work moves on; called from breathe(). */
  beat(): void;
  /** Resolves when everything reported so far is stored by the core. */
  flush(): Promise<void>;
}
