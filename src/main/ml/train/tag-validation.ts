import type { Tensor4D } from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import { meanAveragePrecision } from '#shared/metrics/average-precision.ts';
import type { SamplePool } from '../data/sample-pool.ts';
import { INFERENCE } from '../nn/network.ts';
import type { StageContext } from '../stage.ts';
import { FEATURE_BYTES } from './frozen-features.ts';
import type { Classifier } from './networks.ts';
import type { TaggedImage } from './select-images.ts';
import { wholePhotos } from './whole-photos.ts';

/** mAP by tags on whole photos of a split, for the curve; chooses nothing. */
export class TagValidation {
  /** The last figure; null before the first, or when no class has a photo. */
  last: number | null = null;
  readonly #context: StageContext;
  readonly #network: Classifier;
  readonly #pool: SamplePool;
  readonly #images: readonly TaggedImage[];
  readonly #longSidePx: number;
  /** What the frozen layers make of each photo, while there is room. */
  readonly #held = new Map<TaggedImage, readonly Tensor4D[]>();
  #heldBytes = 0;

  constructor(context: StageContext, network: Classifier, pool: SamplePool, images: readonly TaggedImage[], longSidePx: number) {
    this.#context = context;
    this.#network = network;
    this.#pool = pool;
    this.#images = images;
    this.#longSidePx = longSidePx;
  }

  async score(epoch: number): Promise<void> {
    const { tf } = this.#context.backend;
    const scores: number[] = [];
    const tags: number[] = [];
    const take = async (image: TaggedImage, taps: readonly Tensor4D[]): Promise<void> => {
      const logits = tf.tidy(() => this.#network.logits(taps, INFERENCE));
      scores.push(...(await logits.data<'float32'>()));
      logits.dispose();
      tags.push(...image.tags);
    };
    for (const [image, taps] of this.#held) await take(image, taps);
    const others = this.#images.filter((image) => !this.#held.has(image));
    for await (const { image, levels } of wholePhotos(others, this.#pool, { longSidePx: this.#longSidePx, scales: [1] })) {
      await this.#context.breathe();
      const [level] = levels instanceof PenumbraError ? [] : levels;
      if (level === undefined) continue; // the training or the CAMs will name it
      const taps = tf.tidy(() => this.#network.frozen(tf.tensor4d(level.pixels, [1, level.height, level.width, 3])));
      await take(image, taps);
      this.#keepOrDispose(image, taps);
    }
    this.last = meanAveragePrecision(scores, tags, this.#context.dataset.classes.length).mean;
    if (this.last !== null) this.#context.report.metric('mapVal', epoch, 'epoch', this.last);
  }

  dispose(): void {
    for (const taps of this.#held.values()) this.#context.backend.tf.dispose([...taps]);
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #keepOrDispose(image: TaggedImage, taps: Tensor4D[]): void {
    const bytes = taps.reduce((sum, tap) => sum + tap.size * 4, 0);
    if (this.#heldBytes + bytes > FEATURE_BYTES / 4) {
      this.#context.backend.tf.dispose(taps);
      return;
    }
    this.#held.set(image, taps);
    this.#heldBytes += bytes;
  }
}
