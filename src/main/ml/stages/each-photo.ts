import { PenumbraError } from '#shared/errors.ts';
import { SamplePool } from '../data/sample-pool.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { leaveOut } from '../left-out.ts';
import type { ImageRecord, StageContext } from '../stage.ts';
import { wholePhotos } from '../train/whole-photos.ts';

/** How whole photos are read for a network. */
export interface PhotoSizes {
  /** px */
  readonly longSide: number;
  /** Of that, one level each. */
  readonly scales: readonly number[];
}

export interface PerPhoto<I extends ImageRecord> {
  /** True when an interrupted run of this stage has already made the photo's output. */
  isDone(image: I): boolean;
  /** `levels`: the photo at each scale, in order. */
  make(image: I, levels: readonly PyramidLevel[]): Promise<void>;
}

/**
 * Makes the output of every photo, one after another, with progress and cancellation, the next ones decoded meanwhile. A photo that can't be
 * read is logged and left out; any other error is thrown. Writes 'images' and 'skipped' to the summary.
 */
export async function eachPhoto<I extends ImageRecord>(context: StageContext, images: readonly I[], sizes: PhotoSizes, work: PerPhoto<I>): Promise<void> {
  const todo = images.filter((image) => !work.isDone(image));
  let done = images.length - todo.length;
  let skipped = 0;
  const pool = new SamplePool();
  try {
    for await (const { image, levels } of wholePhotos(todo, pool, { longSidePx: sizes.longSide, scales: sizes.scales })) {
      await context.breathe();
      if (levels instanceof PenumbraError) {
        skipped += 1;
        leaveOut(context, image, levels);
      } else {
        await work.make(image, levels);
      }
      context.report.progress(++done, images.length, 'images');
    }
  } finally {
    await pool.close();
  }
  context.output.summarise({ images: images.length - skipped, skipped });
}
