import { PenumbraError } from '#shared/errors.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { photoState } from '../left-out.ts';
import type { ImageRecord, StageContext } from '../stage.ts';

/** Faults that lie in one image's files; they cost that image and no other. */
const IMAGE_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'FILE_MISSING',
  'IMAGE_UNREADABLE',
  'IMAGE_TRUNCATED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNSUPPORTED',
  'MASK_SIZE_MISMATCH',
  'MASK_UNKNOWN_COLOUR',
  'MASK_UNKNOWN_CLASS',
]);

/** True when the error is about the files of one image, so that the stage can go on with the others. */
export function isImageFault(error: unknown): error is PenumbraError {
  return error instanceof PenumbraError && IMAGE_FAULTS.has(error.code);
}

/** Says in the log that an image was left out, and why; notes it in the artifact, so that a later run tries it again. */
export function leaveOut(context: StageContext, image: ImageRecord, error: PenumbraError): void {
  context.output.leaveOut(image.id, photoState(image));
  context.report.log('warn', `${image.name}: left out. ${error.message} ${error.remedy}`);
}

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
