import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { planAxis, type TileRules } from './tile-plan.ts';

/** A photo as numbers, [height, width, 3]. */
export interface PhotoPixels extends Size {
  readonly pixels: Float32Array;
}

/**
 * What every network here is run with on large photos; up to `side` they stay whole. EfficientNet-Lite0 at output stride 16 can see 425 px around a
 * pixel, most of it with hardly any weight, and a head that reads the mean over the image reads the tile's: maps are close to those of the whole, and
 * blending leaves no edge; they are equal only where a network sees no further than the margin.
 */
export const TILES: TileRules = { side: 1024, margin: 160, blend: 64, align: 32 };

export interface PhotoMapsOptions {
  /** Adds what the network makes of the mirrored photo, turned back. */
  readonly mirror: boolean;
  readonly tiles: TileRules;
}

/**
 * What a network makes of photos of one size, together: [n, h, w, C], the caller's to dispose. Photos larger than a tile are run tile by tile, and tiles
 * are blended where they overlap, so that the engine holds one tile's activations of each photo at a time.
 * @param maps [n or 2 n, H, W, 3] to maps of a whole fraction of the size, rounded up, [n or 2 n, h, w, C]; called under tidy
 */
export async function photoMaps(
  backend: TensorBackend,
  photos: readonly [PhotoPixels, ...PhotoPixels[]],
  { mirror, tiles }: PhotoMapsOptions,
  maps: (images: Tensor4D) => Tensor4D,
): Promise<Tensor4D> {
  const { tf } = backend;
  const [photo] = photos;
  const run = (parts: readonly PhotoPixels[]): Tensor4D =>
    tf.tidy(() => {
      const images = parts.map(({ pixels, height, width }) => tf.tensor4d(pixels, [1, height, width, 3]));
      if (!mirror) return maps(tf.concat(images, 0));
      const both = maps(tf.concat([...images, ...images.map((image) => tf.reverse(image, 2))], 0));
      const [straight, turned] = tf.split(both, 2, 0);
      return tf.add<Tensor4D>(straight as Tensor4D, tf.reverse(turned as Tensor4D, 2));
    });
  const [rows, columns] = [planAxis(photo.height, tiles), planAxis(photo.width, tiles)];
  if (rows.starts.length === 1 && columns.starts.length === 1) return run(photos);

  let blended: { data: Float32Array; shape: [number, number, number, number]; stride: number } | null = null;
  for (const [i, top] of rows.starts.entries()) {
    for (const [j, left] of columns.starts.entries()) {
      const tile = run(photos.map((one) => cut(one, { left, top, width: columns.length, height: rows.length })));
      const [, height, width, channels] = tile.shape;
      const values = await tile.data<'float32'>();
      tile.dispose();
      if (blended === null) {
        const stride = strideOf(rows.length, height, tiles.align);
        const shape: [number, number, number, number] = [photos.length, Math.ceil(photo.height / stride), Math.ceil(photo.width / stride), channels];
        blended = { stride, shape, data: new Float32Array(shape[0] * shape[1] * shape[2] * channels) };
      }
      const { stride, shape, data } = blended;
      const [down, across] = [rows.weights[i] as Float32Array, columns.weights[j] as Float32Array];
      // Rows of all photos, one photo after another.
      for (let row = 0; row < photos.length * height; row += 1) {
        const [of, y] = [Math.floor(row / height), row % height];
        let target = ((of * shape[1] + top / stride + y) * shape[2] + left / stride) * channels;
        for (let x = 0; x < width; x += 1) {
          // Tiles start at multiples of the stride, so that weights of the pixels at multiples of it sum to 1 too.
          const weight = (down[y * stride] ?? 0) * (across[x * stride] ?? 0);
          const source = (row * width + x) * channels;
          if (weight === 0) target += channels;
          else for (let channel = 0; channel < channels; channel += 1, target += 1) data[target] = (data[target] as number) + weight * (values[source + channel] as number);
        }
      }
    }
  }
  if (blended === null) throw new Error('a plan without tiles');
  return tf.tensor4d(blended.data, blended.shape);
}

/** Pixels of the image a pixel of the map. */
function strideOf(pixels: number, cells: number, align: number): number {
  for (let stride = 1; stride <= align; stride += 1) if (align % stride === 0 && Math.ceil(pixels / stride) === cells) return stride;
  throw new Error(`${cells} cells for ${pixels} px are no whole fraction that divides ${align}`);
}

function cut(photo: PhotoPixels, { left, top, width, height }: Size & { left: number; top: number }): PhotoPixels {
  const pixels = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const start = ((top + y) * photo.width + left) * 3;
    pixels.set(photo.pixels.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, pixels };
}
