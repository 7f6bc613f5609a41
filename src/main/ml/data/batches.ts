import { PenumbraError, type ErrorCode } from '#shared/errors.ts';
import type { ImageRecord, StageReport } from '../stage.ts';
import { randomFor, shuffled } from '../random/random.ts';
import type { MaskAugmentation, TagAugmentation, TrainingSample } from './augment.ts';
import type { SamplePool } from './sample-pool.ts';

/** Errors that speak of one photo or its mask: it is left out, the others go on. */
const ONE_IMAGE: readonly ErrorCode[] = [
  'FILE_MISSING',
  'IMAGE_UNREADABLE',
  'IMAGE_TRUNCATED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNSUPPORTED',
  'MASK_SIZE_MISMATCH',
  'MASK_UNKNOWN_COLOUR',
  'MASK_UNKNOWN_CLASS',
];

/** The error when it speaks of one image alone, else it is thrown on. */
export function aboutOneImage(error: unknown): PenumbraError {
  if (error instanceof PenumbraError && ONE_IMAGE.includes(error.code)) return error;
  throw error;
}

/** Warns of each image that is left out, once. */
export class LeftOut {
  readonly #report: StageReport;
  readonly #names = new Set<string>();

  constructor(report: StageReport) {
    this.#report = report;
  }

  get count(): number {
    return this.#names.size;
  }

  /** Notes the image, or throws the error on when it is not about one image. */
  note(record: ImageRecord, error: unknown): void {
    const reason = aboutOneImage(error);
    if (this.#names.has(record.name)) return;
    this.#names.add(record.name);
    this.#report.log('warn', `${record.name} is left out: ${reason.message} ${reason.remedy}`);
  }
}

export interface TrainingImage {
  readonly record: ImageRecord;
  readonly labelPath: string | null;
}

/** Photos of one step that could be read; it can be empty. */
export interface Batch {
  readonly step: number;
  readonly samples: readonly { readonly image: TrainingImage; readonly sample: TrainingSample }[];
}

export interface BatchPlan {
  readonly images: readonly TrainingImage[];
  readonly batchSize: number;
  readonly seed: number;
  readonly augmentation: TagAugmentation | MaskAugmentation;
}

/** How many batches are in the making while one is computed on. */
const AHEAD = 2;

/**
 * The batches of a training run: order = f(seed, epoch), sample = f(seed, epoch, image id). Any step can be asked for, so a
 * resumed run starts in the middle of an epoch; the next ones are prepared beside the computation.
 */
export class Batches {
  /** The last, smaller batch of an epoch is dropped, as published, unless it is the only one. */
  readonly stepsPerEpoch: number;
  readonly #plan: BatchPlan;
  readonly #pool: SamplePool;
  readonly #leftOut: LeftOut;
  readonly #ahead = new Map<number, Promise<Batch>>();
  #order: { epoch: number; images: readonly TrainingImage[] } = { epoch: -1, images: [] };

  constructor(plan: BatchPlan, pool: SamplePool, leftOut: LeftOut) {
    this.#plan = plan;
    this.#pool = pool;
    this.#leftOut = leftOut;
    this.stepsPerEpoch = Math.max(1, Math.floor(plan.images.length / plan.batchSize));
  }

  async at(step: number, lastStep: number): Promise<Batch> {
    for (const held of this.#ahead.keys()) if (held < step) this.#ahead.delete(held);
    for (let next = step; next <= Math.min(step + AHEAD, lastStep); next++) {
      if (this.#ahead.has(next)) continue;
      const made = this.#make(next);
      // The error surfaces when the step is reached; until then it must not count as unhandled.
      made.catch(() => undefined);
      this.#ahead.set(next, made);
    }
    return this.#ahead.get(step) ?? this.#make(step);
  }

  /** The images of a step, whether they can be read or not. */
  imagesAt(step: number): readonly TrainingImage[] {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (this.#order.epoch !== epoch) this.#order = { epoch, images: shuffled(this.#plan.images, randomFor(this.#plan.seed, 'order', epoch)) };
    const first = (step % this.stepsPerEpoch) * this.#plan.batchSize;
    return this.#order.images.slice(first, first + this.#plan.batchSize);
  }

  async #make(step: number): Promise<Batch> {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const { seed, augmentation } = this.#plan;
    const made = await Promise.all(
      this.imagesAt(step).map(async (image) => {
        const { record, labelPath } = image;
        const photo = { path: record.photoPath, width: record.width, height: record.height };
        try {
          const sample = await this.#pool.load<'training'>({
            kind: 'training',
            photo,
            labelPath,
            augmentation,
            randomKey: [seed, 'augment', epoch, record.id],
          });
          return { image, sample };
        } catch (error) {
          this.#leftOut.note(record, error);
          return null;
        }
      }),
    );
    return { step, samples: made.filter((sample) => sample !== null) };
  }
}
