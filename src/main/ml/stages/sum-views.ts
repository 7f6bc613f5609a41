import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Size } from '#shared/raster/planes.ts';
import type { Rows } from './bands.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { photoMaps, TILES, type PhotoPixels } from '../inference/photo-maps.ts';

export interface Views {
  /** Photos that agree in the sizes of all levels. */
  readonly photos: Photos;
  /** Adds each level mirrored. */
  readonly mirror: boolean;
}

/** Each photo at each scale. */
export type Photos = readonly [readonly PhotoPixels[], ...(readonly PhotoPixels[])[]];

/**
 * What `maps` makes of each level of the photos, the mirrored maps turned back and added: [n, h', w', C] each; the caller's to dispose.
 * Views of one shape, a level of all photos and their mirror images, go through the network together; levels larger than a tile go tile by tile.
 * @param maps [n or 2 n, H, W, 3] in -1..1 to maps of a whole fraction of the size, rounded up, [n or 2 n, h', w', C]; called under tidy
 */
export async function viewMaps(backend: TensorBackend, { photos: [first, ...others], mirror }: Views, maps: (images: Tensor4D) => Tensor4D): Promise<Tensor4D[]> {
  const made: Tensor4D[] = [];
  try {
    for (const [at, level] of first.entries()) {
      const ofLevel = [level, ...others.map((levels) => levels[at] as PhotoPixels)] as const;
      made.push(await photoMaps(backend, ofLevel, { mirror, tiles: TILES }, maps));
    }
  } catch (error) {
    backend.tf.dispose(made);
    throw error;
  }
  return made;
}

/** The sum of these maps, each brought to `grid` bilinearly, or some rows of it. [n, rows, w, C]; the caller's to dispose. */
export function summedMaps({ tf, ops }: TensorBackend, maps: readonly Tensor4D[], grid: Size, rows: Rows): Tensor4D {
  const part = rows.height === grid.height ? undefined : { ...rows, left: 0, width: grid.width };
  const sized = (of: Tensor4D): Tensor4D => ops.resizeBilinear(of, [grid.height, grid.width], false, part);
  const [first, ...others] = maps;
  if (first === undefined) throw new Error('a sum of no maps');
  return others.reduce((sum, next) => {
    const total = tf.tidy(() => tf.add<Tensor4D>(sum, sized(next)));
    sum.dispose();
    return total;
  }, tf.tidy(() => sized(first)));
}

/** The sum over all views of each photo on `grid`. [n, h, w, C]; the caller's to dispose. */
export async function sumViews(backend: TensorBackend, { grid, ...views }: Views & { readonly grid: Size }, maps: (images: Tensor4D) => Tensor4D): Promise<Tensor4D> {
  const made = await viewMaps(backend, views, maps);
  const sum = summedMaps(backend, made, grid, { top: 0, height: grid.height });
  backend.tf.dispose(made);
  return sum;
}
