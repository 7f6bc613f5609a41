import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import type { BatchItem } from '../data/batches.ts';

/** Room for frozen features of a run; the sample's quick run needs under a third. */
export const FEATURE_BYTES = 1.5 * 2 ** 30;

/** What the layers that never learn make of one augmented view: one tensor a tap, [1, h, w, c] each. */
export interface FrozenView {
  readonly taps: readonly Tensor4D[];
  /** [height, width]; null when tags are the target. */
  readonly labels: Uint8Array | null;
}

/**
 * Runs the frozen layers, one view at a time so that the numbers do not depend on what else is in the batch, and keeps results up to a budget.
 * Nothing is ever dropped to make room: every epoch walks through all views, so dropping would only lose what is needed next.
 */
export class FrozenFeatures {
  readonly #backend: TensorBackend;
  readonly #run: (image: Tensor4D) => Tensor4D[];
  readonly #budgetBytes: number;
  readonly #held = new Map<string, FrozenView>();
  #heldBytes = 0;

  /**
   * @param run [1, height, width, 3] to the taps that the learning layers need; called under tidy
   * @param budgetBytes 0 keeps nothing
   */
  constructor(backend: TensorBackend, run: (image: Tensor4D) => Tensor4D[], budgetBytes: number) {
    this.#backend = backend;
    this.#run = run;
    this.#budgetBytes = budgetBytes;
  }

  held(key: string): boolean {
    return this.#held.has(key);
  }

  /** Computes and keeps the features of one view; false when there is no room left. */
  keep(item: BatchItem): boolean {
    const view = this.#view(item);
    if (this.#held.has(item.key)) return true;
    this.#backend.tf.dispose([...view.taps]);
    return false;
  }

  /** Calls `use` with the taps of these views as batches, [B, h, w, c] each, and their labels one after another. */
  withBatch<T>(items: readonly BatchItem[], use: (taps: readonly Tensor4D[], labels: Uint8Array | null) => T): T {
    const { tf } = this.#backend;
    const views = items.map((item) => this.#view(item));
    const joined: Tensor4D[] = (views[0]?.taps ?? []).map((_, tap) => tf.concat(views.map((view) => view.taps[tap] as Tensor4D), 0));
    const labels = joinLabels(views);
    for (const [at, item] of items.entries()) if (!this.#held.has(item.key)) tf.dispose([...(views[at]?.taps ?? [])]);
    try {
      return use(joined, labels);
    } finally {
      tf.dispose(joined);
    }
  }

  dispose(): void {
    for (const { taps } of this.#held.values()) this.#backend.tf.dispose([...taps]);
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #view({ key, sample }: BatchItem): FrozenView {
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    if (sample === null) throw new Error(`no pixels were given for ${key}, and its features are not held`);
    const { tf } = this.#backend;
    const taps = tf.tidy(() => this.#run(tf.tensor4d(sample.pixels, [1, sample.height, sample.width, 3])));
    const view: FrozenView = { taps, labels: sample.labels };
    const bytes = taps.reduce((sum, tap) => sum + tap.size * 4, sample.labels?.byteLength ?? 0);
    if (this.#heldBytes + bytes <= this.#budgetBytes) {
      this.#held.set(key, view);
      this.#heldBytes += bytes;
    }
    return view;
  }
}

function joinLabels(views: readonly FrozenView[]): Uint8Array | null {
  const parts = views.map((view) => view.labels).filter((labels) => labels !== null);
  if (parts.length === 0) return null;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
