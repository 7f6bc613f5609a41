import type { PenumbraError } from '#shared/errors.ts';
import type { SamplePool } from '../data/sample-pool.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { isImageFault } from '../left-out.ts';
import type { ImageRecord } from '../stage.ts';

/** How many photos are decoded while one is computed on. */
const AHEAD = 3;

export interface WholePhoto<I extends ImageRecord> {
  readonly image: I;
  /** One level a scale, in the order asked; the error when the photo can't be read. */
  readonly levels: readonly PyramidLevel[] | PenumbraError;
}

/** Photos at several sizes, decoded ahead of their use, in the order given. Unreadable ones come as errors; other errors are thrown. */
export async function* wholePhotos<I extends ImageRecord>(
  images: readonly I[],
  pool: SamplePool,
  options: { readonly longSidePx: number; readonly scales: readonly number[] },
): AsyncGenerator<WholePhoto<I>> {
  const load = async (image: I): Promise<WholePhoto<I>> => {
    const photo = { path: image.photoPath, width: image.width, height: image.height };
    try {
      return { image, levels: await pool.load<'pyramid'>({ kind: 'pyramid', photo, ...options }) };
    } catch (error) {
      if (isImageFault(error)) return { image, levels: error };
      throw error;
    }
  };
  const ahead: Promise<WholePhoto<I>>[] = [];
  for (const [at, image] of images.entries()) {
    if (at === 0) ahead.push(load(image));
    while (ahead.length <= AHEAD && at + ahead.length < images.length) {
      const made = load(images[at + ahead.length] as I);
      // Thrown when its turn comes; until then it must not count as unhandled.
      made.catch(() => undefined);
      ahead.push(made);
    }
    yield (await ahead.shift()) as WholePhoto<I>;
  }
}
