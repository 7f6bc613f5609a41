import type { Sharp } from 'sharp';
import { PenumbraError } from '#shared/errors.ts';
import { readInAnyOrder } from './any-order.ts';
import { headerOf, unreadable, type PhotoHeader, type PhotoSource } from './photo.ts';

/** Given up after this long: a photo that was swapped after import may be one that no decoder gets through. */
const TIMEOUT_SECONDS = 240;

/** A webp whose longer side is at most `longSidePx`, EXIF orientation applied. Throws as `decodePhoto`. */
export async function encodeThumbnail(source: PhotoSource, longSidePx: number): Promise<Buffer> {
  const photo = await upright(source, await headerOf(source));
  // Fast shrink-on-load: a JPEG is decoded at a fraction of its size.
  return encode(source, photo.resize(longSidePx, longSidePx, { fit: 'inside', withoutEnlargement: true, fastShrinkOnLoad: true }).webp({ quality: 80, effort: 2 }));
}

/** How a browser gets to see a photo: as it lies on disk, or made anew in a format it knows. */
export type DisplayForm = 'as-it-is' | 'jpeg' | 'png';

/** Browsers show 8-bit JPEG, PNG and WebP; of EXIF orientation they honour a JPEG's alone. */
export function displayForm({ format, bitsPerChannel, colourSpace, orientation }: PhotoHeader): DisplayForm {
  const plain = bitsPerChannel === 8 && (colourSpace === 'srgb' || colourSpace === 'b-w');
  if (format === 'jpeg') return plain ? 'as-it-is' : 'jpeg';
  if ((format === 'png' || format === 'webp') && plain && orientation === 1) return 'as-it-is';
  return 'png';
}

/** 8-bit sRGB, EXIF orientation applied, alpha laid on white. Throws as `decodePhoto`; IMAGE_TOO_LARGE beyond `maxPixels`. */
export async function encodeForDisplay(source: PhotoSource, form: 'jpeg' | 'png', maxPixels: number): Promise<Buffer> {
  const photo = await upright(source, await headerOf(source, { maxPixels }));
  return encode(source, form === 'png' ? photo.png({ compressionLevel: 3 }) : photo.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }));
}

async function upright({ input }: PhotoSource, { orientation }: PhotoHeader): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  const photo = sharp(input, { limitInputPixels: false, failOn: 'error' });
  return (orientation === 1 ? photo : readInAnyOrder(photo))
    .timeout({ seconds: TIMEOUT_SECONDS })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb');
}

async function encode({ path }: PhotoSource, pipeline: Sharp): Promise<Buffer> {
  try {
    return await pipeline.toBuffer();
  } catch (cause) {
    if (cause instanceof PenumbraError) throw cause;
    throw unreadable(path, cause);
  }
}
