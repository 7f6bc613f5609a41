/** A rectangle of an RGB image, read in place: 8 bits a channel, interleaved, rows of `imageWidth` px. */
export interface ImageRegion {
  readonly data: Uint8Array; // [imageHeight * imageWidth * 3], the whole image
  readonly imageWidth: number; // px
  readonly x0: number; // px, left edge in the image
  readonly y0: number; // px, top edge in the image
  readonly width: number; // px
  readonly height: number; // px
}

/** The region that is all of an image. */
export function wholeImage(image: { readonly width: number; readonly height: number; readonly data: Uint8Array }): ImageRegion {
  return { data: image.data, imageWidth: image.width, x0: 0, y0: 0, width: image.width, height: image.height };
}
