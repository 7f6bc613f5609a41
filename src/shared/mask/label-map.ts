/**
 * A label map: one byte a pixel, row-major, 0 background, 1..254 class, 255 ignore.
 * The only truth about classes in Penumbra; never drawn, scaled or compressed with anything that mixes values.
 */
export interface LabelMap {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Uint8Array; // [height * width]
}
