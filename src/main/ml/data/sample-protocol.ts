import type { ErrorValue } from '#shared/errors.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { MaskAugmentation, TagAugmentation, TrainingSample } from './augment.ts';

/** A photo as a worker finds it, with its size as the project knows it (after EXIF orientation). */
export interface PhotoFile extends Size {
  readonly path: string;
}

/** A label map of the photo's full size, as a palette PNG. */
export interface LabelSource {
  /** Tells it apart from others and names it in errors. */
  readonly name: string;
  readonly png: Uint8Array;
  /** Classes above it, but 255, are refused. */
  readonly lastClass: number;
}

/** One augmented sample. Its randomness follows from `randomKey` alone. */
export interface TrainingJob {
  readonly kind: 'training';
  readonly photo: PhotoFile;
  /** Null when tags are the target. */
  readonly labels: LabelSource | null;
  readonly augmentation: TagAugmentation | MaskAugmentation;
  readonly randomKey: readonly (string | number)[];
}

/** A whole photo at several sizes, for inference. */
export interface PyramidJob {
  readonly kind: 'pyramid';
  readonly photo: PhotoFile;
  /** The photo is reduced to this long side where it is larger, then multiplied by each scale. */
  readonly longSidePx: number;
  readonly scales: readonly number[];
}

/** RGB in -1..1, [height, width, 3]. */
export interface PyramidLevel extends Size {
  readonly pixels: Float32Array;
}

export type SampleJob = TrainingJob | PyramidJob;

export interface SampleResults {
  training: TrainingSample;
  pyramid: readonly PyramidLevel[];
}

export interface SampleRequest {
  readonly id: number;
  readonly job: SampleJob;
}

export type SampleReply =
  | { readonly id: number; readonly ok: true; readonly result: TrainingSample | readonly PyramidLevel[] }
  | { readonly id: number; readonly ok: false; readonly error: ErrorValue };
