import type { Generated } from 'kysely';

/** The tables as the newest migration leaves them. Booleans are 0/1, times ISO 8601, structures JSON text. */
export interface Tables {
  project: ProjectTable;
  classes: ClassTable;
  images: ImageTable;
  image_tags: ImageTagTable;
  supervision: SupervisionTable;
  vault_log: VaultLogTable;
  import_problems: ImportProblemTable;
  image_work: ImageWorkTable;
  gestures: GestureTable;
  runs: RunTable;
  run_metrics: RunMetricTable;
  artifacts: ArtifactTable;
}

export interface ProjectTable {
  singleton: 1;
  id: string;
  name: string;
  created_at: string;
  /** Relative to the project folder when `root_is_relative`, else absolute. */
  dataset_root: string | null;
  root_is_relative: number;
}

export interface ClassTable {
  class_index: number;
  name: string;
  red: number;
  green: number;
  blue: number;
}

export interface ImageTable {
  id: string;
  name: string;
  photo_path: string;
  photo_bytes: number;
  photo_mtime_ms: number;
  photo_sha256: string;
  width: number;
  height: number;
  split: string | null;
  /** 0 when nothing is known about the image's tags. */
  tagged: number;
  mask_path: string | null;
  mask_bytes: number | null;
  mask_mtime_ms: number | null;
  mask_sha256: string | null;
  /** JSON: class indices that occur in the mask. */
  mask_classes: string | null;
  problem: string | null;
}

export interface ImageTagTable {
  image_id: string;
  class_index: number;
}

export interface SupervisionTable {
  split: string;
  /** 0 stands for every class. */
  class_index: number;
  kind: string;
}

export interface VaultLogTable {
  sequence: Generated<number>;
  at: string;
  used_by: string;
  run_id: string | null;
  purpose: string;
  source: string;
  images: number;
  image_id: string | null;
}

export interface ImportProblemTable {
  sequence: Generated<number>;
  file: string;
  code: string;
  message: string;
  remedy: string;
  effect: string;
}

export interface ImageWorkTable {
  image_id: string;
  base: string | null;
  revision: number;
  conflict_pixels: number;
  review: string;
}

export interface GestureTable {
  image_id: string;
  sequence: number;
  base: string;
  tool: string;
  at: string;
  state: 'applied' | 'undone' | 'discarded';
  diff: Uint8Array;
  tiles: number;
  changed_pixels: number;
  client_gesture_id: string;
}

export interface RunTable {
  sequence: Generated<number>;
  id: string;
  recipe: string;
  preset: string;
  overrides: string;
  seed: number;
  state: string;
  steps: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  backend: string | null;
  device: string;
  scoring_of: string | null;
  error: string | null;
  /** JSON: what a run needs beside its summary. */
  stored_order: string;
}

export interface RunMetricTable {
  run_id: string;
  position: number;
  step: string;
  series: string;
  x: number;
  x_unit: string;
  value: number;
}

export interface ArtifactTable {
  sequence: Generated<number>;
  key: string;
  kind: string;
  stage: string;
  run_id: string | null;
  created_at: string;
  bytes: number;
  pinned: number;
  manifest: string;
}
