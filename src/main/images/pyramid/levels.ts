import type { Size } from '#shared/raster/planes.ts';

/** Size of a level: level 0 is the photo, each next one half of it, rounded up. */
export function levelSize(photo: Size, level: number): Size {
  let { width, height } = photo;
  for (let step = 0; step < level; step++) {
    width = Math.ceil(width / 2);
    height = Math.ceil(height / 2);
  }
  return { width, height };
}

/** How many levels there are until one tile holds the whole photo. */
export function levelCount(photo: Size, tilePx: number): number {
  let levels = 1;
  for (let size = photo; Math.max(size.width, size.height) > tilePx; levels++) size = levelSize(size, 1);
  return levels;
}
