import { PenumbraError } from '#shared/errors.ts';

/** Most pixels of a photo or mask that is decoded unless told otherwise. */
const MAX_PIXELS = 500_000_000;

/** Refuses by the header's size, before any pixel is decoded. IMAGE_TOO_LARGE names the file. */
export function checkPixels(file: string, width: number, height: number, maxPixels: number = MAX_PIXELS): void {
  if (width * height <= maxPixels) return;
  throw new PenumbraError(
    'IMAGE_TOO_LARGE',
    `${file} is ${width}×${height} px (${megapixels(width * height)}); expected at most ${megapixels(maxPixels)}.`,
    { remedy: 'Scale the file down, or raise the limit if the size is right.', details: { file, width, height, maxPixels } },
  );
}

function megapixels(pixels: number): string {
  return `${(pixels / 1e6).toFixed(pixels < 1e6 ? 3 : 0)} Mpx`;
}
