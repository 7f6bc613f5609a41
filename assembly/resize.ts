/**
 * The inner loops of Pillow's resizing in AssemblyScript. Compiled by `npm run build:wasm` into src/shared/raster/resize/pil-wasm.ts;
 * src/shared/raster/resize/pil.ts holds the same loops in TypeScript.
 *
 * All pointers are byte offsets into the imported memory. `most` weights of 22 bits a target position, a multiple of 4, filled up with 0; reading and
 * writing go up to 16 bytes beyond an array's end.
 */

const PRECISION_BITS: i32 = 22;
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/** Σ weight · source along the rows of pictures of three channels. */
export function rowsRgb(source: usize, target: usize, fromWidth: i32, height: i32, width: i32, from: usize, count: usize, weights: usize, most: i32): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let at = source + <usize>load<i32>(from + (<usize>x << 2)) * 3;
      let weight = weights + <usize>(x * most) * 4;
      let sum = i32x4.splat(HALF);
      for (let end = weight + (<usize>load<i32>(count + (<usize>x << 2)) << 2); weight < end; weight += 4, at += 3) {
        const pixel = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
        sum = i32x4.add(sum, i32x4.mul(pixel, v128.load32_splat(weight)));
      }
      // The fourth byte is the next pixel's first, which is written after it.
      v128.store_lane<i32>(target, bytesOf(sum, sum, sum, sum), 0);
      target += 3;
    }
    source += <usize>fromWidth * 3;
  }
}

/** The same for one channel, four source pixels at a time. */
export function rowsGrey(source: usize, target: usize, fromWidth: i32, height: i32, width: i32, from: usize, count: usize, weights: usize, most: i32): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let at = source + <usize>load<i32>(from + (<usize>x << 2));
      let weight = weights + <usize>(x * most) * 4;
      let sum = i32x4.splat(0);
      for (let end = weight + (<usize>load<i32>(count + (<usize>x << 2)) << 2); weight < end; weight += 16, at += 4) {
        const pixels = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
        sum = i32x4.add(sum, i32x4.mul(pixels, v128.load(weight)));
      }
      sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
      sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
      sum = i32x4.add(sum, i32x4.splat(HALF));
      v128.store_lane<i8>(target, bytesOf(sum, sum, sum, sum), 0);
      target += 1;
    }
    source += <usize>fromWidth;
  }
}

/** Σ weight · source down the columns; `stride` bytes a row. */
export function columns(source: usize, target: usize, stride: i32, height: i32, from: usize, count: usize, weights: usize, most: i32): void {
  for (let y = 0; y < height; y++) {
    const first = source + <usize>load<i32>(from + (<usize>y << 2)) * <usize>stride;
    const weight = weights + <usize>(y * most) * 4;
    const end = weight + (<usize>load<i32>(count + (<usize>y << 2)) << 2);
    // What is written beyond the row's end is the next row's, which is written after it.
    for (let x: usize = 0; x < <usize>stride; x += 16) {
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      for (let tap = weight, at = first + x; tap < end; tap += 4, at += <usize>stride) {
        const bytes = v128.load(at);
        const factor = v128.load32_splat(tap);
        const low = i16x8.extend_low_i8x16_u(bytes);
        const high = i16x8.extend_high_i8x16_u(bytes);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), factor));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), factor));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), factor));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), factor));
      }
      v128.store(target + x, bytesOf(a, b, c, d));
    }
    target += <usize>stride;
  }
}

/** Sums in fixed point to bytes, cut off at 0 and 255. */
// @ts-ignore: decorator
@inline
function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, PRECISION_BITS), i32x4.shr_s(b, PRECISION_BITS));
  const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, PRECISION_BITS), i32x4.shr_s(d, PRECISION_BITS));
  return i8x16.narrow_i16x8_u(low, high);
}
