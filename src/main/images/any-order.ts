import type { Sharp } from 'sharp';

/** libvips lays a photo that it must read in any order down in a file when it is larger than VIPS_DISC_THRESHOLD. */
export const DISC_THRESHOLD = '64m';

/**
 * Reads the photo in any order: one that lies on its side is not written in the order in which it is shown, and read in sequence it would be held in
 * memory whole. sharp 0.35 passes over its option `sequentialRead` unless the input has one named `access`.
 */
export function readInAnyOrder(photo: Sharp): Sharp {
  const { input } = (photo as unknown as { options: { input: { sequentialRead: boolean; access?: boolean } } }).options;
  input.sequentialRead = false;
  input.access = true;
  return photo;
}
