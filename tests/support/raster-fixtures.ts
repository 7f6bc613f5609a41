import { readFileSync } from 'node:fs';
import { decodeNpz } from '#shared/formats/npz.ts';
import type { NpyArray } from '#shared/formats/npy.ts';
import type { Planes } from '#shared/raster/planes.ts';
import type { ByteRaster, RgbRaster } from '#shared/raster/rasters.ts';

/** The arrays that tests/fixtures/raster/generate.py wrote into NAME.npz. */
export class RasterFixture {
  readonly #arrays: ReadonlyMap<string, NpyArray>;

  constructor(name: string) {
    const file = new URL(`../fixtures/raster/${name}.npz`, import.meta.url);
    this.#arrays = decodeNpz(readFileSync(file), name, 2 ** 28);
  }

  values(key: string): Exclude<NpyArray, { dtype: 'float16' }>['data'] {
    return this.#of(key).data;
  }

  shape(key: string): readonly number[] {
    return this.#of(key).shape;
  }

  bytes(key: string): ByteRaster {
    const { dtype, shape, data } = this.#of(key);
    if (dtype !== 'uint8') throw new Error(`${key} is ${dtype}`);
    return { width: shape[1] ?? 0, height: shape[0] ?? 0, data };
  }

  rgb(key: string): RgbRaster {
    return this.bytes(key);
  }

  /** [C, H, W], or [H, W] as one plane. */
  planes(key: string): Planes {
    const { dtype, shape, data } = this.#of(key);
    if (dtype !== 'float32') throw new Error(`${key} is ${dtype}`);
    const [count = 1, height = 0, width = 0] = shape.length === 3 ? shape : [1, ...shape];
    return { count, height, width, data };
  }

  #of(key: string): Exclude<NpyArray, { dtype: 'float16' }> {
    const array = this.#arrays.get(key);
    if (array === undefined || array.dtype === 'float16') throw new Error(`no ${key}`);
    return array;
  }
}

/** The largest difference between two arrays of one length; NaN counts as infinite. */
export function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let worst = 0;
  for (let at = 0; at < a.length; at++) {
    const difference = Math.abs((a[at] ?? NaN) - (b[at] ?? NaN));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** Share of pixels of `a` that have the number which most of their region in `b` has: 1 when `a` and `b` are the same partition. */
export function shareMatched(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const counts = new Map<number, Map<number, number>>();
  for (let at = 0; at < a.length; at++) {
    const row = counts.get(a[at] ?? 0) ?? new Map<number, number>();
    row.set(b[at] ?? 0, (row.get(b[at] ?? 0) ?? 0) + 1);
    counts.set(a[at] ?? 0, row);
  }
  // Greedily by size, each number of either side once.
  const pairs = [...counts].flatMap(([x, row]) => [...row].map(([y, count]) => ({ x, y, count }))).sort((p, q) => q.count - p.count);
  const usedX = new Set<number>();
  const usedY = new Set<number>();
  let matched = 0;
  for (const { x, y, count } of pairs) {
    if (usedX.has(x) || usedY.has(y)) continue;
    usedX.add(x);
    usedY.add(y);
    matched += count;
  }
  return matched / a.length;
}
