/** 8-bit RGB, interleaved. */
export interface RgbRaster {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Uint8Array; // [height * width * 3]
}

/** One byte a pixel: grey values, or a mask where 0 is outside and all else inside. */
export interface ByteRaster {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Uint8Array; // [height * width]
}

/** A whole number a pixel: label maps of any range, components, superpixels. */
export interface IntRaster {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Int32Array | Uint8Array; // [height * width]
}

/** A partition of an image: every pixel belongs to one region, 0..count − 1. */
export interface Regions {
  readonly count: number;
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Int32Array; // [height * width]
}
