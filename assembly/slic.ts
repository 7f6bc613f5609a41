/**
 * The rounds of SLIC in AssemblyScript, two pixels at a time. Compiled by `npm run build:wasm` into src/shared/raster/superpixels/slic-wasm.ts;
 * src/shared/raster/superpixels/slic-rounds.ts does the same in TypeScript; each sum is taken in the same order there, so that both round alike.
 *
 * All pointers are byte offsets into the imported memory. Reading and writing go up to 24 bytes beyond an array's end.
 */

/** Bytes of a centre: y, x and three of colour in float64. */
const CENTRE: usize = 40;
/** Bytes of a window: y from, y to, x from, x to in int32. */
const WINDOW: usize = 16;
/** Side of the squares of pixels that are looked at together, or passed over: what is loaded at once. */
const TILE_PX: i32 = 4;

/** How far a place is from a tile that begins at `first`, along one axis. */
// @ts-ignore: decorator
@inline
function gap(place: v128, first: i32): v128 {
  const before = f64x2.sub(f64x2.splat(<f64>first), place);
  const beyond = f64x2.sub(place, f64x2.splat(<f64>(first + TILE_PX - 1)));
  return f64x2.pmax(f64x2.pmax(before, beyond), f64x2.splat(0)); // no branch, unlike a scalar max
}

/** Gives each pixel to the nearest of the clusters in whose windows it lies. features: [3, height, width]. */
export function reassign(
  features: usize,
  labels: usize,
  distance: usize,
  farthest: usize,
  centres: usize,
  windows: usize,
  count: i32,
  width: i32,
  height: i32,
  spatialWeight: f64,
): void {
  boundTiles(features, labels, farthest, centres, windows, width, height, spatialWeight);
  const infinity = f64x2.splat(Infinity);
  for (let at = distance, end = distance + <usize>width * <usize>height * 8; at < end; at += 16) v128.store(at, infinity);
  for (let k = 0; k < count; k++) {
    takeNearer(k, features, labels, distance, farthest, centres + <usize>k * CENTRE, windows + <usize>k * WINDOW, width, height, spatialWeight);
  }
}

/**
 * The farthest that a pixel of each tile is from the cluster it has: none farther from the whole tile can have one of its pixels. Infinity where a
 * cluster no longer looks so far.
 */
function boundTiles(features: usize, labels: usize, farthest: usize, centres: usize, windows: usize, width: i32, height: i32, spatialWeight: f64): void {
  const plane = <usize>width * <usize>height * 8;
  const weight = f64x2.splat(spatialWeight);
  for (let top = 0; top < height; top += TILE_PX) {
    for (let start = 0; start < width; start += TILE_PX, farthest += 8) {
      // Of a tile that is cut off at the right edge: with pixels to the left of it.
      const left = min(start, width - TILE_PX);
      let most = f64x2.splat(left < 0 ? Infinity : 0);
      for (let y = top, bottom = left < 0 ? top : min(height, top + TILE_PX); y < bottom; y++) {
        const row = <usize>y * <usize>width;
        for (let x = left; x < left + TILE_PX; x += 2) {
          const pixel = row + <usize>x;
          const label = labels + pixel * 4;
          const feature = features + pixel * 8;
          const a = <usize>load<i32>(label);
          const b = <usize>load<i32>(label, 4);
          if (!isSeen(windows + a * WINDOW, x, y) || !isSeen(windows + b * WINDOW, x + 1, y)) most = f64x2.splat(Infinity);
          const first = centres + a * CENTRE;
          const second = centres + b * CENTRE;
          const dy = squared(f64x2.sub(both(first, second), f64x2.splat(<f64>y)));
          const dx = squared(f64x2.sub(both(first + 8, second + 8), f64x2.add(f64x2.splat(<f64>x), f64x2(0, 1))));
          const total = f64x2.add(f64x2.mul(f64x2.add(dy, dx), weight), byColour(feature, plane, both(first + 16, second + 16), both(first + 24, second + 24), both(first + 32, second + 32)));
          most = f64x2.pmax(most, total);
        }
      }
      store<f64>(farthest, f64x2.extract_lane(f64x2.pmax(most, v128.shuffle<f64>(most, most, 1, 0)), 0));
    }
  }
}

// @ts-ignore: decorator
@inline
function both(first: usize, second: usize): v128 {
  return v128.load_lane<f64>(second, v128.load64_zero(first), 1);
}

// @ts-ignore: decorator
@inline
function isSeen(window: usize, x: i32, y: i32): bool {
  // y from and x from do not lie beyond, y to and x to do.
  const place = i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(y), 2, x), 3, x);
  return i32x4.bitmask(i32x4.gt_s(v128.load(window), place)) === 0b1010;
}

/** Gives cluster k the pixels of its window that are nearer to it than to those before it. */
function takeNearer(k: i32, features: usize, labels: usize, distance: usize, farthest: usize, centre: usize, window: usize, width: i32, height: i32, spatialWeight: f64): void {
  const plane = <usize>width * <usize>height * 8;
  const tiles = (width + TILE_PX - 1) / TILE_PX;
  const cy = v128.load64_splat(centre);
  const cx = v128.load64_splat(centre, 8);
  const c0 = v128.load64_splat(centre, 16);
  const c1 = v128.load64_splat(centre, 24);
  const c2 = v128.load64_splat(centre, 32);
  const weight = f64x2.splat(spatialWeight);
  const own = i32x4.splat(k);
  const yFrom = load<i32>(window);
  const yTo = load<i32>(window, 4);
  const xFrom = load<i32>(window, 8);
  const xTo = load<i32>(window, 12);
  for (let top = yFrom - (yFrom % TILE_PX); top < yTo; top += TILE_PX) {
    const above = squared(gap(cy, top));
    const from = max(top, yFrom);
    const to = min(top + TILE_PX, yTo);
    let left = xFrom - (xFrom % TILE_PX);
    let tile = farthest + (<usize>(top / TILE_PX) * <usize>tiles + <usize>(left / TILE_PX)) * 8;
    for (; left < xTo; left += TILE_PX, tile += 8) {
      const aside = squared(gap(cx, left));
      if (f64x2.extract_lane(f64x2.mul(f64x2.add(above, aside), weight), 0) > load<f64>(tile)) continue;
      // Pixels of the tile that are not in the window keep what they have.
      const x01 = f64x2.add(f64x2.splat(<f64>left), f64x2(0, 1));
      const x23 = f64x2.add(f64x2.splat(<f64>left), f64x2(2, 3));
      const seen01 = v128.and(f64x2.ge(x01, f64x2.splat(<f64>xFrom)), f64x2.lt(x01, f64x2.splat(<f64>xTo)));
      const seen23 = v128.and(f64x2.ge(x23, f64x2.splat(<f64>xFrom)), f64x2.lt(x23, f64x2.splat(<f64>xTo)));
      const dx01 = squared(f64x2.sub(cx, x01));
      const dx23 = squared(f64x2.sub(cx, x23));
      const first = <usize>from * <usize>width + <usize>left;
      let feature = features + first * 8;
      let near = distance + first * 8;
      let label = labels + first * 4;
      for (let y = from; y < to; y++) {
        const dy = squared(f64x2.sub(cy, f64x2.splat(<f64>y)));
        const near01 = v128.load(near);
        const near23 = v128.load(near, 16);
        const total01 = f64x2.add(f64x2.mul(f64x2.add(dy, dx01), weight), byColour(feature, plane, c0, c1, c2));
        const total23 = f64x2.add(f64x2.mul(f64x2.add(dy, dx23), weight), byColour(feature + 16, plane, c0, c1, c2));
        const nearer01 = v128.and(f64x2.lt(total01, near01), seen01);
        const nearer23 = v128.and(f64x2.lt(total23, near23), seen23);
        v128.store(near, v128.bitselect(total01, near01, nearer01));
        v128.store(near, v128.bitselect(total23, near23, nearer23), 16);
        v128.store(label, v128.bitselect(own, v128.load(label), v128.shuffle<i32>(nearer01, nearer23, 0, 2, 4, 6)));
        feature += <usize>width * 8;
        near += <usize>width * 8;
        label += <usize>width * 4;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function squared(value: v128): v128 {
  return f64x2.mul(value, value);
}

/** Squared distance in colour of two pixels side by side. */
// @ts-ignore: decorator
@inline
function byColour(feature: usize, plane: usize, c0: v128, c1: v128, c2: v128): v128 {
  const d0 = f64x2.sub(v128.load(feature), c0);
  const d1 = f64x2.sub(v128.load(feature + plane), c1);
  const d2 = f64x2.sub(v128.load(feature + 2 * plane), c2);
  return f64x2.add(f64x2.add(squared(d0), squared(d1)), squared(d2));
}

/** Each centre becomes the mean of its pixels; NaN without any. */
export function recentre(features: usize, labels: usize, centres: usize, members: usize, count: i32, width: i32, height: i32): void {
  const plane = <usize>width * <usize>height * 8;
  memory.fill(centres, 0, <usize>count * CENTRE);
  memory.fill(members, 0, <usize>count * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      // Of a run of one cluster the sums stay at hand; the order of adding is that of the pixels.
      const label = load<i32>(labels);
      const to = centres + <usize>label * CENTRE;
      const from = x;
      let sumX = load<f64>(to, 8);
      let sum0 = load<f64>(to, 16);
      let sum1 = load<f64>(to, 24);
      let sum2 = load<f64>(to, 32);
      do {
        sumX += <f64>x;
        sum0 += load<f64>(features);
        sum1 += load<f64>(features + plane);
        sum2 += load<f64>(features + 2 * plane);
        x += 1;
        features += 8;
        labels += 4;
      } while (x < width && load<i32>(labels) === label);
      store<f64>(to, load<f64>(to) + <f64>y * <f64>(x - from)); // whole numbers: no rounding
      store<f64>(to, sumX, 8);
      store<f64>(to, sum0, 16);
      store<f64>(to, sum1, 24);
      store<f64>(to, sum2, 32);
      const member = members + <usize>label * 4;
      store<i32>(member, load<i32>(member) + (x - from));
    }
  }
  for (let k = 0; k < count; k++) {
    const size = <f64>load<i32>(members + <usize>k * 4);
    for (let end = centres + CENTRE; centres < end; centres += 8) store<f64>(centres, load<f64>(centres) / size);
  }
}
