/**
 * Canny's gradients and ridges in AssemblyScript. Compiled by `npm run build:wasm` into src/shared/raster/filter/canny-wasm.ts;
 * src/shared/raster/filter/canny.ts holds the same in TypeScript.
 *
 * All pointers are byte offsets into the imported memory; reading and writing go up to 32 bytes beyond an array's end. Rows of gradients are kept three
 * at a time, with a margin of 8 values on either side.
 */

const TAN_22: i32 = 13573;
const WEAK: i32 = 1;
const STRONG: i32 = 2;
const MARGIN: i32 = 8;

/** Values a row of `width` pixels takes in `work`, margins and what vectors write beyond its end included. */
// @ts-ignore: decorator
@inline
function rowValues(width: i32): i32 {
  return width + 3 * MARGIN;
}

/**
 * Marks in `edges` ([height + 2, width + 2]) what is longer than its neighbours along the gradient; lists the strong (as places in `edges`) and returns
 * how many there are. `work`: 28 bytes for each value of a row, two rows for sums, three of dx, of dy (16 bits) and of lengths (32 bits). `squared`: Euclidean lengths, squared, against thresholds that are squared.
 */
export function keepRidges(grey: usize, width: i32, height: i32, squared: bool, low: i32, high: i32, edges: usize, strong: usize, work: usize): i32 {
  const row = <usize>rowValues(width);
  const sums = work + <usize>MARGIN * 2;
  const rises = sums + row * 2;
  const dxRows = rises + row * 2;
  const dyRows = dxRows + row * 6;
  const lengths = dyRows + row * 6 + <usize>MARGIN * 2;
  const stride = width + 2;
  memory.fill(work, 0, row * 28);
  let found = 0;
  gradientRow(grey, width, height, 0, squared, sums, rises, dxRows, dyRows, lengths);
  for (let y = 0; y < height; y++) {
    const slot = <usize>(y % 3);
    const next = <usize>((y + 1) % 3);
    const last = <usize>((y + 2) % 3);
    const below = lengths + row * 4 * next;
    if (y + 1 < height) gradientRow(grey, width, height, y + 1, squared, sums, rises, dxRows + row * 2 * next, dyRows + row * 2 * next, below);
    else memory.fill(below - <usize>MARGIN * 4, 0, row * 4);
    const above = lengths + row * 4 * last; // before the first row still 0
    const own = lengths + row * 4 * slot;
    const dx = dxRows + row * 2 * slot;
    const dy = dyRows + row * 2 * slot;
    const limit = i32x4.splat(low);
    const marks = (y + 1) * stride + 1;
    for (let first = 0; first < width; first += 4) {
      if (!v128.any_true(i32x4.gt_s(v128.load(own + (<usize>first << 2)), limit))) continue;
      for (let x = first; x < min(width, first + 4); x++) {
        const at = <usize>x << 2;
        const m = load<i32>(own + at);
        if (m <= low) continue;
        const gx = <i32>load<i16>(dx + (<usize>x << 1));
        const gy = <i32>load<i16>(dy + (<usize>x << 1));
        const run = abs(gx);
        const scaled = abs(gy) << 15;
        const flat = run * TAN_22;
        if (scaled < flat) {
          if (m <= load<i32>(own + at - 4) || m < load<i32>(own + at + 4)) continue;
        } else if (scaled > flat + (run << 16)) {
          if (m <= load<i32>(above + at) || m < load<i32>(below + at)) continue;
        } else {
          const side: isize = (gx ^ gy) < 0 ? -4 : 4;
          if (m <= load<i32>(above + at - side) || m <= load<i32>(below + at + side)) continue;
        }
        const mark = marks + x;
        if (m > high) {
          store<u8>(edges + <usize>mark, <u8>STRONG);
          store<i32>(strong + (<usize>found << 2), mark);
          found += 1;
        } else store<u8>(edges + <usize>mark, <u8>WEAK);
      }
    }
  }
  return found;
}

/** Sobel of row y, the image's edge pixels repeated beyond it, and its lengths; 0 beyond the row. */
function gradientRow(grey: usize, width: i32, height: i32, y: i32, squared: bool, sums: usize, rises: usize, dx: usize, dy: usize, lengths: usize): void {
  const own = grey + <usize>(y * width);
  const above = grey + <usize>(max(0, y - 1) * width);
  const below = grey + <usize>(min(height - 1, y + 1) * width);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const a = i16x8.extend_low_i8x16_u(v128.load64_zero(above + x));
    const b = i16x8.extend_low_i8x16_u(v128.load64_zero(own + x));
    const c = i16x8.extend_low_i8x16_u(v128.load64_zero(below + x));
    v128.store(sums + x * 2, i16x8.add(i16x8.add(a, c), i16x8.shl(b, 1)));
    v128.store(rises + x * 2, i16x8.sub(c, a));
  }
  repeatEnds(sums, width);
  repeatEnds(rises, width);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const at = x * 2;
    const gx = i16x8.sub(v128.load(sums + at, 2), v128.load(sums + at - 2));
    const gy = i16x8.add(i16x8.add(v128.load(rises + at - 2), v128.load(rises + at, 2)), i16x8.shl(v128.load(rises + at), 1));
    v128.store(dx + at, gx);
    v128.store(dy + at, gy);
    if (squared) {
      v128.store(lengths + x * 4, i32x4.add(i32x4.extmul_low_i16x8_s(gx, gx), i32x4.extmul_low_i16x8_s(gy, gy)));
      v128.store(lengths + x * 4, i32x4.add(i32x4.extmul_high_i16x8_s(gx, gx), i32x4.extmul_high_i16x8_s(gy, gy)), 16);
    } else {
      const length = i16x8.add(i16x8.abs(gx), i16x8.abs(gy));
      v128.store(lengths + x * 4, i32x4.extend_low_i16x8_s(length));
      v128.store(lengths + x * 4, i32x4.extend_high_i16x8_s(length), 16);
    }
  }
  memory.fill(lengths + <usize>width * 4, 0, <usize>MARGIN * 4);
}

function repeatEnds(row: usize, width: i32): void {
  const end = row + <usize>width * 2;
  store<i16>(row - 2, load<i16>(row));
  store<i16>(end, load<i16>(end - 2));
}

/** Adds to the `count` edges listed in `strong` the weak pixels that touch one, and those that touch them; returns how many are edges then. */
export function follow(edges: usize, stride: i32, strong: usize, count: i32): i32 {
  let found = count;
  for (let index = 0; index < found; index++) {
    const at = load<i32>(strong + (<usize>index << 2));
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const next = at + dy * stride + dx;
        if (load<u8>(edges + <usize>next) !== WEAK) continue;
        store<u8>(edges + <usize>next, <u8>STRONG);
        store<i32>(strong + (<usize>found << 2), next);
        found += 1;
      }
    }
  }
  return found;
}

/** target[height, width] = 255 on edges, 0 elsewhere. */
export function draw(edges: usize, width: i32, height: i32, target: usize): void {
  const strong = i8x16.splat(<i8>STRONG);
  for (let y = 0; y < height; y++) {
    const row = edges + <usize>((y + 1) * (width + 2) + 1);
    // What is written beyond the row's end is the next row's, which is written after it.
    for (let x: usize = 0; x < <usize>width; x += 16) v128.store(target + x, i8x16.eq(v128.load(row + x), strong));
    target += <usize>width;
  }
}
