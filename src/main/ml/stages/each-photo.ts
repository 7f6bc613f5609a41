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
  readonly photosAtATime: number;
}

/** A photo at each scale, in order. */
export interface ReadPhoto<I extends ImageRecord> {
  readonly image: I;
  readonly levels: readonly PyramidLevel[];
}

export interface PerPhoto<I extends ImageRecord> {
  /** True when an interrupted run of this stage has already made the photo's output. */
  isDone(image: I): boolean;
  /** Given up to `photosAtATime` photos that agree in the sizes of all levels. */
  make(photos: readonly [ReadPhoto<I>, ...ReadPhoto<I>[]]): Promise<void>;
}

/**
 * Makes the output of every photo, with progress and cancellation, the next ones decoded meanwhile; photos of one size together where several at a time
 * are asked for. A photo that can't be read is logged and left out; any other error is thrown. Writes 'images' and 'skipped' to the summary.
 */
export async function eachPhoto<I extends ImageRecord>(context: StageContext, images: readonly I[], sizes: PhotoSizes, work: PerPhoto<I>): Promise<void> {
  const todo = images.filter((image) => !work.isDone(image));
  // Photos of one size follow each other then.
  if (sizes.photosAtATime > 1) todo.sort((a, b) => a.width - b.width || a.height - b.height);
  let done = images.length - todo.length;
  let skipped = 0;
  let waiting: ReadPhoto<I>[] = [];
  const makeWaiting = async (): Promise<void> => {
    const [first, ...others] = waiting;
    if (first === undefined) return;
    waiting = [];
    await work.make([first, ...others]);
    done += 1 + others.length;
    context.report.progress(done, images.length, 'images');
  };
  const pool = new SamplePool();
  try {
    for await (const { image, levels } of wholePhotos(todo, pool, { longSidePx: sizes.longSide, scales: sizes.scales })) {
      await context.breathe();
      if (levels instanceof PenumbraError) {
        skipped += 1;
        leaveOut(context, image, levels);
        context.report.progress(++done, images.length, 'images');
        continue;
      }
      if (waiting.some((other) => !sameSizes(other.levels, levels))) await makeWaiting();
      waiting.push({ image, levels });
      if (waiting.length === sizes.photosAtATime) await makeWaiting();
    }
    await makeWaiting();
  } finally {
    await pool.close();
  }
  context.output.summarise({ images: images.length - skipped, skipped });
}

function sameSizes(a: readonly PyramidLevel[], b: readonly PyramidLevel[]): boolean {
  return a.every(({ width, height }, at) => width === b[at]?.width && height === b[at].height);
}
