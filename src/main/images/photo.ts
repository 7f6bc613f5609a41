/** An RGB photo, 8 bits a channel, interleaved, EXIF orientation applied. */
export interface RgbImage {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Uint8Array; // [height * width * 3]
}
