import { hashKey, randomFor, shuffled } from '../random/random.ts';
import type { ImageRecord } from '../stage.ts';
import type { MaskAugmentation, TagAugmentation, TrainingSample } from './augment.ts';
import type { SamplePool } from './sample-pool.ts';
import type { LabelSource } from './sample-protocol.ts';

export interface TrainingImage {
  readonly record: ImageRecord;
  /** The label map to learn; null when tags are the target. */
  labels(): Promise<LabelSource> | null;
}

/** One augmented view of one photo. Equal keys mean equal pixels and labels. */
export interface BatchItem {
  readonly image: TrainingImage;
  readonly key: string;
  /** Null when the learner holds what it needs of this key. */
  readonly sample: TrainingSample | null;
}

/** Photos of one step that could be read; it can be empty. */
export interface Batch {
  readonly step: number;
  readonly items: readonly BatchItem[];
}

export interface BatchPlan {
  readonly images: readonly TrainingImage[];
  readonly batchSize: number;
  readonly seed: number;
  readonly augmentation: TagAugmentation | MaskAugmentation;
  /**
   * How many augmented views each photo has over the whole run; 0 = a new one every epoch. A fixed number lets the learner
   * keep what its frozen layers make of each.
   */
  readonly views: number;
  /** True when the learner needs no pixels for this key any more. */
  held(key: string): boolean;
  /** Told of a photo or label map that can't be used, at each use; throws when the error is about more than this image. */
  refused(record: ImageRecord, error: unknown): void;
}

/** How many batches are in the making while one is computed on. */
const AHEAD = 2;

/**
 * The batches of a training run: order = f(seed, epoch), sample = f(seed, view, image id), view = f(epoch, image id). Any step can be
 * asked for, so a resumed run starts in the middle of an epoch; the next ones are prepared beside the computation.
 */
export class Batches {
  /** The last, smaller batch of an epoch is dropped, as published, unless it is the only one. */
  readonly stepsPerEpoch: number;
  readonly #plan: BatchPlan;
  readonly #pool: Pick<SamplePool, 'load'>;
  readonly #ahead = new Map<number, Promise<Batch>>();
  #order: { epoch: number; images: readonly TrainingImage[] } = { epoch: -1, images: [] };

  constructor(plan: BatchPlan, pool: Pick<SamplePool, 'load'>) {
    this.#plan = plan;
    this.#pool = pool;
    this.stepsPerEpoch = Math.max(1, Math.floor(plan.images.length / plan.batchSize));
  }

  /** The batch of this step; begins to prepare the next ones up to `lastStep`. */
  async at(step: number, lastStep: number): Promise<Batch> {
    for (const past of this.#ahead.keys()) if (past < step) this.#ahead.delete(past);
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

  /** How many views there are in all; 0 when each epoch has new ones. */
  get viewCount(): number {
    return this.#plan.images.length * this.#plan.views;
  }

  /** Every view of every photo, a batch at a time, for a learner that keeps what its frozen layers make of them. Prepares the next ones meanwhile. */
  async *allViews(): AsyncGenerator<readonly BatchItem[], void, undefined> {
    const { images, views, batchSize } = this.#plan;
    const waiting: Promise<(BatchItem | null)[]>[] = [];
    for (let next = 0; next < this.viewCount || waiting.length > 0; ) {
      while (waiting.length <= AHEAD && next < this.viewCount) {
        const group = Array.from({ length: Math.min(batchSize, this.viewCount - next) }, (_, at) => next + at);
        const made = Promise.all(group.map((index) => this.#view(images[Math.floor(index / views)] as TrainingImage, index % views)));
        made.catch(() => undefined); // as in `at`
        waiting.push(made);
        next += group.length;
      }
      yield ((await waiting.shift()) ?? []).filter((item) => item !== null);
    }
  }

  async #make(step: number): Promise<Batch> {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const { views } = this.#plan;
    // Photos start their round through the views at different places, so that one epoch mixes them.
    const viewOf = ({ record }: TrainingImage): number => (views === 0 ? epoch : (epoch + (hashKey([record.id]) >>> 1)) % views);
    const items = await Promise.all(this.imagesAt(step).map((image) => this.#view(image, viewOf(image))));
    return { step, items: items.filter((item) => item !== null) };
  }

  async #view(image: TrainingImage, view: number): Promise<BatchItem | null> {
    const { record } = image;
    const { seed, augmentation } = this.#plan;
    const key = `${record.id}/${view}`;
    if (this.#plan.held(key)) return { image, key, sample: null };
    try {
      const photo = { path: record.photoPath, width: record.width, height: record.height };
      const labels = await image.labels();
      const randomKey = [seed, 'augment', view, record.id];
      return { image, key, sample: await this.#pool.load<'training'>({ kind: 'training', photo, labels, augmentation, randomKey }) };
    } catch (error) {
      this.#plan.refused(record, error);
      return null;
    }
  }
}
