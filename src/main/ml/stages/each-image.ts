import { PenumbraError } from '#shared/errors.ts';
import type { ErrorCode } from '#shared/errors.ts';
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

/** Says in the log that an image was left out, and why. */
export function reportSkipped(context: StageContext, name: string, error: PenumbraError): void {
  context.report.log('warn', `${name}: left out. ${error.message} ${error.remedy}`);
}

export interface PerImage {
  /** True when an interrupted run of this stage has already made the image's output. */
  isDone(image: ImageRecord): boolean;
  make(image: ImageRecord): Promise<void>;
}

/** Walks images one after another with progress and cancellation. A faulty image is logged and left out; writes 'images' and 'skipped'. */
export async function eachImage(context: StageContext, images: readonly ImageRecord[], work: PerImage): Promise<void> {
  let skipped = 0;
  for (const [index, image] of images.entries()) {
    await context.breathe();
    if (!work.isDone(image)) {
      try {
        await work.make(image);
      } catch (error) {
        if (!isImageFault(error)) throw error;
        skipped += 1;
        reportSkipped(context, image.name, error);
      }
    }
    context.report.progress(index + 1, images.length, 'images');
  }
  context.output.summarise({ images: images.length - skipped, skipped });
}
