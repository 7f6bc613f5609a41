import type * as z from 'zod';
import type { ArtifactKind, ArtifactManifest } from '#shared/domain/artifact.ts';
import type { LogLevel, MetricPoint } from '#shared/domain/run.ts';
import type { DatasetSnapshot, EditRecord, ImageRecord, TruthRecord } from '#shared/domain/snapshot.ts';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { TensorBackend } from './backend/backend.ts';

export type { DatasetSnapshot, EditRecord, ImageRecord, TruthRecord };

/** A sealed artifact, read-only. */
export interface ArtifactReader {
  readonly key: string;
  readonly manifest: ArtifactManifest;
  /** Absolute path of the folder. */
  readonly dir: string;
  has(name: string): boolean;
  /** Bytes of one file; ARTIFACT_DAMAGED when size or presence disagree with the manifest. */
  read(name: string): Promise<Uint8Array>;
}

/** An artifact in the making. Files written survive a kill; `has` lets a resumed stage skip what it finished. */
export interface ArtifactWriter {
  readonly key: string;
  readonly dir: string;
  has(name: string): boolean;
  /** Writes one file atomically. */
  write(name: string, bytes: Uint8Array | string): Promise<void>;
  /** Small facts for lists, merged into the manifest's summary when sealed. */
  summarise(facts: ArtifactManifest['summary']): void;
  /** Notes an image that the artifact was to cover and does not, with the state of its photo; see ml/left-out.ts. */
  leaveOut(imageId: string, photo: string): void;
}

/** Checkpoints of a running stage: one slot, replaced atomically, deleted when the artifact is sealed. */
export interface CheckpointSlot {
  load(): Promise<Uint8Array | null>;
  save(bytes: Uint8Array): Promise<void>;
}

export interface StageReport {
  /** Units done of total; called often, throttled by the host. */
  progress(done: number, total: number, unit: 'images' | 'views' | 'steps'): void;
  metric(series: string, x: number, xUnit: MetricPoint['xUnit'], value: number): void;
  log(level: LogLevel, message: string): void;
  /**
   * Shows a picture of the work beside the run; one of the same name replaces it. `name`: a-z, 0-9 and hyphens, up to 40. Never fails a
   * stage: what cannot be drawn or stored is logged. Nothing of the run may depend on it.
   */
  sample(name: string, title: string, draw: () => Picture | null): void;
}

/** RGB, [height, width, 3]. */
export interface Picture {
  readonly width: number; // px
  readonly height: number; // px
  readonly rgb: Uint8Array;
}

export interface StageContext {
  readonly backend: TensorBackend;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly report: StageReport;
  readonly dataset: DatasetSnapshot;
  readonly output: ArtifactWriter;
  readonly checkpoint: CheckpointSlot;
  /** Vault masks; throws SUPERVISION_VIOLATION unless the stage declares `truth` among its reads. Logged by the core. */
  truth(purpose: string): Promise<readonly TruthRecord[]>;
  /** Corrections in force; throws unless the stage declares `edits`. */
  edits(): Promise<readonly EditRecord[]>;
  /** Absolute path of a pinned weights file in the per-user cache, such as efficientnet-lite0; WEIGHTS_NOT_INSTALLED with the command that brings it. */
  weights(name: string): Promise<string>;
  /** Lets timers, messages and cancellation run; throws RUN_CANCELLED when asked to stop. Call once a step or image. */
  breathe(): Promise<void>;
}

type InputKinds = Record<string, { kind: ArtifactKind; optional?: boolean; summary: string }>;

export type StageInputs<K extends InputKinds> = {
  readonly [N in keyof K]: K[N] extends { optional: true } ? ArtifactReader | undefined : ArtifactReader;
};

/**
 * One stage of a method: a file in ml/stages that reads as the method.
 * `config` is a zod object whose every field has a default and `.meta({ title, unit?, source })`;
 * forms, `--set`, provenance and artifact keys derive from it. A setting that a stage gets after it has made artifacts, and whose default changes no
 * bit of them, has `keyedOffDefault: true` as well (pipeline/keys.ts).
 * Raise `version` whenever the same config and inputs would give another result.
 */
export interface StageDefinition<C extends z.ZodObject = z.ZodObject, K extends InputKinds = InputKinds> {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly config: C;
  readonly inputs: K;
  readonly output: ArtifactKind;
  readonly reads: readonly SourceKind[];
  /** False for stages that never touch the tensor backend. */
  readonly usesTensors: boolean;
  /** False for stages that draw no random numbers, so that runs with different seeds share their artifacts. Absent means true. */
  readonly usesSeed?: boolean;
  run(context: StageContext, config: z.output<C>, inputs: StageInputs<K>): Promise<void>;
}

export function defineStage<C extends z.ZodObject, const K extends InputKinds>(stage: StageDefinition<C, K>): StageDefinition<C, K> {
  return stage;
}
