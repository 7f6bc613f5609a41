import { isImageFault, leaveOut } from '../left-out.ts';
import type { ImageRecord, StageContext } from '../stage.ts';

export interface PerImage {
  /** True when an interrupted run of this stage has already made the image's output. */
  isDone(image: ImageRecord): boolean;
  make(image: ImageRecord): Promise<void>;
}

/**
 * Makes the output of every image, `lanes` at a time, with progress and cancellation. A faulty image is logged and left out;
 * any other error stops all lanes before it is thrown. Writes 'images' and 'skipped' to the summary.
 */
export async function eachImage(context: StageContext, images: readonly ImageRecord[], work: PerImage, lanes = 1): Promise<void> {
  const waiting = images.values();
  let done = 0;
  let skipped = 0;
  const failure = { seen: false };
  const lane = async (): Promise<void> => {
    for (const image of waiting) {
      await context.breathe();
      if (failure.seen) return;
      try {
        if (!work.isDone(image)) await work.make(image);
      } catch (error) {
        if (!isImageFault(error)) {
          failure.seen = true;
          throw error;
        }
        skipped += 1;
        leaveOut(context, image, error);
      }
      done += 1;
      context.report.progress(done, images.length, 'images');
    }
  };
  const results = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  context.output.summarise({ images: images.length - skipped, skipped });
}
