import type { ClassInfo } from './classes.ts';
import type { ImageId } from './ids.ts';

/** One photo as stages see it. Tags and masks are present only where the supervision declaration grants them to this stage. */
export interface ImageRecord {
  readonly id: ImageId;
  readonly name: string;
  /** Absolute path; empty for a stage that does not read `photos`. */
  readonly photoPath: string;
  readonly width: number; // px, after EXIF orientation
  readonly height: number; // px, after EXIF orientation
  readonly split: string;
  /** Multi-hot over classes, channel = class index - 1; null when tags are not granted or not known. */
  readonly tags: readonly (0 | 1)[] | null;
  /** Path of the class mask inside the supervision; null when not granted or absent. */
  readonly maskPath: string | null;
}

/** What the project grants to a run: written by the core before the trainer starts, never changed while it runs. */
export interface DatasetSnapshot {
  readonly classes: readonly ClassInfo[];
  readonly images: readonly ImageRecord[];
}

/** Ground truth of one image, handed out only to stages that read `truth`, and logged. */
export interface TruthRecord {
  readonly imageId: ImageId;
  readonly maskPath: string;
}

/** Corrections in force on one image, oldest first: encoded gestures of shared/mask/tile-diff.ts. */
export interface EditRecord {
  readonly imageId: ImageId;
  readonly gestures: readonly Uint8Array[];
}
