/**
 * The weighing of Gaussian blur in AssemblyScript, four values at a time. Compiled by `npm run build:wasm` into
 * src/shared/raster/filter/blur-wasm.ts; src/shared/raster/filter/gaussian-blur.ts holds the same in TypeScript.
 *
 * All pointers are byte offsets into the imported memory; reading and writing go up to 24 bytes beyond an array's end.
 */

/** to[i] = Σ kernel[|d|] · from[starts[d] + i] for i < run, d = −reach..reach, nearest first as SciPy adds them. */
export function weigh(from: usize, kernel: usize, starts: usize, reach: i32, run: i32, to: usize): void {
  const middle = starts + (<usize>reach << 2);
  const own = from + <usize>load<i32>(middle) * 8;
  const centre = v128.load64_splat(kernel);
  for (let at: usize = 0, end = <usize>run * 8; at < end; at += 32) {
    let first = f64x2.mul(v128.load(own + at), centre);
    let second = f64x2.mul(v128.load(own + at, 16), centre);
    for (let distance: usize = 1; distance <= <usize>reach; distance++) {
      const back = from + <usize>load<i32>(middle - (distance << 2)) * 8 + at;
      const forth = from + <usize>load<i32>(middle + (distance << 2)) * 8 + at;
      const weight = v128.load64_splat(kernel + (distance << 3));
      first = f64x2.add(first, f64x2.mul(f64x2.add(v128.load(back), v128.load(forth)), weight));
      second = f64x2.add(second, f64x2.mul(f64x2.add(v128.load(back, 16), v128.load(forth, 16)), weight));
    }
    v128.store(to + at, first);
    v128.store(to + at, second, 16);
  }
}
