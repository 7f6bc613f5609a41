/**
 * The inner loops of the dense CRF in AssemblyScript, four labels at a time. Compiled by `npm run build:wasm` into
 * src/shared/raster/crf/mean-field-wasm.ts; src/shared/raster/crf/permutohedral.ts holds the same loops in TypeScript.
 *
 * All pointers are byte offsets into the imported memory. `count` values a point, of `stride`, both multiples of 4.
 */

const LANES: usize = 16; // bytes of four floats

/** Where the values of a point's corner begin; the corners of 2 and 5 dimensions are 3 and 6, taken by threes. */
// @ts-ignore: decorator
@inline
function rowOf(values: usize, corners: usize, corner: usize, rowBytes: usize): usize {
  return values + <usize>load<i32>(corners + (corner << 2)) * rowBytes;
}

// @ts-ignore: decorator
@inline
function weightOf(weights: usize, corner: usize, factor: f32): v128 {
  return f32x4.splat(load<f32>(weights + (corner << 2)) * factor);
}

// @ts-ignore: decorator
@inline
function addTo(place: usize, value: v128): void {
  v128.store(place, f32x4.add(v128.load(place), value));
}

/**
 * Goes over all corners of all points, whose values begin at `rows`: what a point has goes to its corners, or is gathered from them, by their weights
 * and by scale · factors[point]. The two loops are compiled apart.
 */
// @ts-ignore: decorator
@inline
function transfer(gathers: bool, rows: usize, values: usize, corners: usize, weights: usize, factors: usize, scale: f32, points: i32, perPoint: i32, stride: i32, count: i32): void {
  const rowBytes = <usize>count * 4;
  const step = <usize>stride * 4;
  for (let point = 0; point < points; point++) {
    const factor = load<f32>(factors + (<usize>point << 2)) * scale;
    for (let corner = 0; corner < perPoint; corner += 3) {
      let a = rowOf(values, corners, 0, rowBytes);
      let b = rowOf(values, corners, 1, rowBytes);
      let c = rowOf(values, corners, 2, rowBytes);
      const wa = weightOf(weights, 0, factor);
      const wb = weightOf(weights, 1, factor);
      const wc = weightOf(weights, 2, factor);
      for (let at = rows, end = rows + rowBytes; at < end; at += LANES) {
        if (gathers) addTo(at, f32x4.add(f32x4.mul(wa, v128.load(a)), f32x4.add(f32x4.mul(wb, v128.load(b)), f32x4.mul(wc, v128.load(c)))));
        else {
          const value = v128.load(at);
          addTo(a, f32x4.mul(wa, value));
          addTo(b, f32x4.mul(wb, value));
          addTo(c, f32x4.mul(wc, value));
        }
        a += LANES;
        b += LANES;
        c += LANES;
      }
      corners += 12;
      weights += 12;
    }
    rows += step;
  }
}

/** values[corner, :] += weight · before[point] · input[point, :]. */
export function splat(input: usize, values: usize, corners: usize, weights: usize, before: usize, points: i32, perPoint: i32, stride: i32, count: i32): void {
  transfer(false, input, values, corners, weights, before, 1, points, perPoint, stride, count);
}

/** output[point, :] += after[point] · scale · Σ weight · values[corner, :]. */
export function slice(values: usize, output: usize, corners: usize, weights: usize, after: usize, points: i32, perPoint: i32, stride: i32, count: i32, scale: f32): void {
  transfer(true, output, values, corners, weights, after, scale, points, perPoint, stride, count);
}

/** to[v, :] = from[v, :] + ½ (from[back, :] + from[forth, :]) for the vertices from `first` to before `end`; row 0, which stands before them all, stays zero. */
export function blur(from: usize, to: usize, neighbours: usize, first: i32, end: i32, count: i32): void {
  const rowBytes = <usize>count * 4;
  const half = f32x4.splat(0.5);
  memory.fill(to, 0, rowBytes);
  let own = from + rowBytes * <usize>(first + 1);
  let target = to + rowBytes * <usize>(first + 1);
  neighbours += <usize>first << 3;
  for (let vertex = first; vertex < end; vertex++) {
    let back = from + <usize>load<i32>(neighbours) * rowBytes;
    let forth = from + <usize>load<i32>(neighbours, 4) * rowBytes;
    neighbours += 8;
    for (const rowEnd = own + rowBytes; own < rowEnd; own += LANES) {
      v128.store(target, f32x4.add(v128.load(own), f32x4.mul(half, f32x4.add(v128.load(back), v128.load(forth)))));
      target += LANES;
      back += LANES;
      forth += LANES;
    }
  }
}

/** e^x for x ≤ 0 to a few units of float32: 2^n by its bits, the rest by the series of e^r. */
// @ts-ignore: decorator
@inline
function expOfNegative(x: v128): v128 {
  const limited = f32x4.max(x, f32x4.splat(-87.0));
  const whole = f32x4.nearest(f32x4.mul(limited, f32x4.splat(1.44269504)));
  let r = f32x4.sub(limited, f32x4.mul(whole, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(whole, f32x4.splat(-2.12194440e-4)));
  let series = f32x4.splat(1.0 / 720.0);
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.0 / 120.0));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.0 / 24.0));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.0 / 6.0));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(0.5));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.0));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.0));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23);
  // What was cut off at −87 is nothing beside the largest term.
  return v128.and(f32x4.mul(series, power), f32x4.gt(x, f32x4.splat(-86.0)));
}

/** Softmax of each row of `count` values. */
export function softmax(logits: usize, result: usize, points: i32, count: i32): void {
  const rowBytes = <usize>count * 4;
  for (let point = 0; point < points; point++) {
    let top = v128.load(logits);
    for (let at: usize = LANES; at < rowBytes; at += LANES) top = f32x4.max(top, v128.load(logits + at));
    top = f32x4.max(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
    top = f32x4.max(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2));
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < rowBytes; at += LANES) {
      const value = expOfNegative(f32x4.sub(v128.load(logits + at), top));
      v128.store(result + at, value);
      sum = f32x4.add(sum, value);
    }
    sum = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    sum = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
    const factor = f32x4.div(f32x4.splat(1), sum);
    for (let at: usize = 0; at < rowBytes; at += LANES) v128.store(result + at, f32x4.mul(v128.load(result + at), factor));
    logits += rowBytes;
    result += rowBytes;
  }
}
