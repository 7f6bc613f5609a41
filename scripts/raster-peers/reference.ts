import { readFileSync } from 'node:fs';
import { decodeNpz } from '#shared/formats/npz.ts';
import type { NpyArray } from '#shared/formats/npy.ts';
import type { Planes } from '#shared/raster/planes.ts';
import type { ByteRaster } from '#shared/raster/rasters.ts';

/** The arrays that reference.py wrote. */
export class RasterReference {
  readonly #arrays: ReadonlyMap<string, NpyArray>;

  constructor(file: string) {
    this.#arrays = decodeNpz(readFileSync(file), file, 2 ** 31);
  }

  has(key: string): boolean {
    return this.#arrays.has(key);
  }

  values(key: string): Uint8Array | Int32Array | Float32Array {
    const array = this.#arrays.get(key);
    if (array === undefined || array.dtype === 'float16') throw new Error(`the reference holds no ${key}`);
    return array.data;
  }

  bytes(key: string): ByteRaster {
    const array = this.#arrays.get(key);
    if (array?.dtype !== 'uint8') throw new Error(`the reference holds no bytes ${key}`);
    return { height: array.shape[0] ?? 0, width: array.shape[1] ?? 0, data: array.data };
  }

  planes(key: string): Planes {
    const array = this.#arrays.get(key);
    if (array?.dtype !== 'float32') throw new Error(`the reference holds no planes ${key}`);
    const [count = 1, height = 0, width = 0] = array.shape.length === 3 ? array.shape : [1, ...array.shape];
    return { count, height, width, data: array.data };
  }
}
