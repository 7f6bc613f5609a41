import { Batches, type Batch } from '#main/ml/data/batches.ts';

/** Batches that note how long each was waited for. */
export class TimedBatches extends Batches {
  readonly waitedMs: number[] = [];

  override async at(step: number, lastStep: number): Promise<Batch> {
    const startMs = performance.now();
    const batch = await super.at(step, lastStep);
    this.waitedMs.push(performance.now() - startMs);
    return batch;
  }
}
