import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { photoMaps, TILES, type PhotoPixels } from '../inference/photo-maps.ts';

export interface Views {
  readonly levels: readonly PhotoPixels[];
  /** Adds each level mirrored. */
  readonly mirror: boolean;
  /** Where the maps of all levels are brought, bilinearly, to be summed. */
  readonly grid: Size;
}

/**
 * The sum of what `maps` makes of one photo over scales and mirrored, the mirrored maps turned back. [1, h, w, C]; the caller's to dispose.
 * Views of one shape, a level and its mirror image, go through the network together; levels larger than a tile go tile by tile.
 * @param maps [1 or 2, H, W, 3] in -1..1 to maps of a whole fraction of the size, rounded up, [1 or 2, h', w', C]; called under tidy
 */
export async function sumViews(backend: TensorBackend, { levels, mirror, grid }: Views, maps: (images: Tensor4D) => Tensor4D): Promise<Tensor4D> {
  const { tf, ops } = backend;
  let sum: Tensor4D | null = null;
  for (const level of levels) {
    const ofLevel = await photoMaps(backend, level, { mirror, tiles: TILES }, maps);
    const before: Tensor4D | null = sum;
    sum = tf.tidy(() => {
      const sized = ops.resizeBilinear(ofLevel, [grid.height, grid.width], false);
      return before === null ? sized : tf.add<Tensor4D>(before, sized);
    });
    tf.dispose(before === null ? [ofLevel] : [ofLevel, before]);
  }
  if (sum === null) throw new Error('views of no level');
  return sum;
}
