import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';

export interface Views {
  readonly levels: readonly PyramidLevel[];
  /** Adds each level mirrored. */
  readonly mirror: boolean;
  /** Where the maps of all levels are brought, bilinearly, to be summed. */
  readonly grid: Size;
}

/**
 * The sum of what `maps` makes of one photo over scales and mirrored, the mirrored maps turned back. [1, h, w, C]; the caller's to dispose.
 * @param maps [1 or 2, H, W, 3] in -1..1 to maps of any size, [1 or 2, h', w', C]; called under tidy
 */
export function sumViews({ tf, ops }: TensorBackend, { levels, mirror, grid }: Views, maps: (images: Tensor4D) => Tensor4D): Tensor4D {
  const ofLevel = (level: PyramidLevel): Tensor4D =>
    tf.tidy(() => {
      const photo = tf.tensor4d(level.pixels, [1, level.height, level.width, 3]);
      const images = mirror ? tf.concat([photo, tf.reverse(photo, 2)], 0) : photo;
      const sized = ops.resizeBilinear(maps(images), [grid.height, grid.width], false);
      if (!mirror) return sized;
      const [straight, turned] = tf.split(sized, 2, 0);
      return tf.add<Tensor4D>(straight as Tensor4D, tf.reverse(turned as Tensor4D, 2));
    });
  return tf.tidy(() => tf.addN(levels.map(ofLevel)));
}
