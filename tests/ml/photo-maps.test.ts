import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { largestAt } from '#main/ml/inference/largest-at.ts';
import { photoMaps, type PhotoPixels } from '#main/ml/inference/photo-maps.ts';
import type { TileRules } from '#main/ml/inference/tile-plan.ts';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import { builder } from '#main/ml/nn/layers/builder.ts';
import { summedMaps, sumViews, viewMaps } from '#main/ml/stages/sum-views.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { plainValue } from '../../scripts/parity/values.ts';
import { useEngine } from '../support/engines.ts';
import { deviation } from '../support/torch-tensors.ts';

let backend: TensorBackend;
beforeAll(async () => {
  backend = await useEngine('native');
});

/** Tiles small enough that small photos have many. The network below sees 22 px around a pixel. */
const SMALL: TileRules = { side: 96, margin: 24, blend: 8, align: 8 };
const WHOLE: TileRules = { ...SMALL, side: 4096 };

/** Strided, dilated and biased convolutions, padded by one of the two rules: maps at stride 8. */
function network(pad: 'same' | 'symmetric'): { run: (images: Tensor4D) => Tensor4D; sides: number[]; dispose: () => void } {
  const parameters = new ParamStore(backend.tf);
  const build = builder({ backend, parameters }, { group: 'backbone', norm: 'frozen', random: randomFor(3) });
  const layers = [
    build.convNorm('a', 'an', { inputs: 3, outputs: 6, kernel: 3, stride: 2 }, 'relu'),
    build.convNorm('b', 'bn', { inputs: 6, outputs: 8, kernel: 3, stride: 2 }, 'relu'),
    build.convNorm('c', 'cn', { inputs: 8, outputs: 4, kernel: 3, stride: 2 }, 'linear'),
  ];
  const sides: number[] = [];
  const same = (x: Tensor4D, at: number): Tensor4D =>
    backend.ops.convolve(x, parameters.get(`${'abc'[at] ?? ''}.weight`).variable as unknown as Tensor4D, null, { kind: 'dense', stride: 2, dilation: 1, pad: 'same', activation: 'linear' });
  return {
    run: (images) => {
      sides.push(images.shape[1], images.shape[2]);
      return layers.reduce((x, layer, at) => (pad === 'same' ? same(x, at) : layer(x, INFERENCE)), images);
    },
    sides,
    dispose: () => parameters.dispose(),
  };
}

const photo = (height: number, width: number) => ({ height, width, pixels: plainValue(`photo ${height} ${width}`, [height, width, 3]).values });

describe('a photo in tiles', () => {
  it.each([
    ['same', 233, 150, false],
    ['same', 232, 317, true],
    ['symmetric', 233, 150, true],
    ['symmetric', 90, 400, false],
  ] as const)('%s padding, %i × %i, mirrored %s: the maps of the whole photo without a seam, from tiles alone, and nothing left behind', async (pad, height, width, mirror) => {
    const model = network(pad);
    const before = backend.tf.memory().numTensors;
    const image = photo(height, width);
    const whole = await photoMaps(backend, [image], { mirror, tiles: WHOLE }, model.run);
    expect(model.sides).toEqual([height, width]);
    model.sides.length = 0;
    const tiled = await photoMaps(backend, [image], { mirror, tiles: SMALL }, model.run);
    expect(model.sides.length).toBeGreaterThan(4);
    expect(Math.max(...model.sides)).toBeLessThanOrEqual(SMALL.side);
    expect(tiled.shape).toEqual(whole.shape);
    expect(deviation(await tiled.data<'float32'>(), await whole.data<'float32'>())).toBeLessThan(1e-5);
    backend.tf.dispose([whole, tiled]);
    expect(backend.tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it.each([WHOLE, SMALL])('is the same beside other photos of its size, in tiles up to $side px', async (tiles) => {
    const { tf } = backend;
    const model = network('symmetric');
    const before = tf.memory().numTensors;
    const photos = [0, 1, 2].map((n) => ({ height: 120, width: 150, pixels: plainValue(`photo ${n}`, [120, 150, 3]).values })) as [PhotoPixels, PhotoPixels, PhotoPixels];
    const together = await photoMaps(backend, photos, { mirror: true, tiles }, model.run);
    for (const [at, one] of photos.entries()) {
      const alone = await photoMaps(backend, [one], { mirror: true, tiles }, model.run);
      const own = tf.slice(together, [at, 0, 0, 0], [1, -1, -1, -1]);
      expect(own.shape).toEqual(alone.shape);
      expect(deviation(await own.data<'float32'>(), await alone.data<'float32'>())).toBeLessThan(1e-5);
      tf.dispose([alone, own]);
    }
    together.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('shows seams where the margin is smaller than what the network sees: the test above can fail', async () => {
    const model = network('symmetric');
    const image = photo(233, 150);
    const whole = await photoMaps(backend, [image], { mirror: false, tiles: WHOLE }, model.run);
    const tiled = await photoMaps(backend, [image], { mirror: false, tiles: { ...SMALL, margin: 0 } }, model.run);
    expect(deviation(await tiled.data<'float32'>(), await whole.data<'float32'>())).toBeGreaterThan(1e-3);
    backend.tf.dispose([whole, tiled]);
    model.dispose();
  });
});

describe('views of one photo', () => {
  it('sums scales and mirror images as they are by themselves, and any rows of the sum', async () => {
    const { tf, ops } = backend;
    const model = network('symmetric');
    const levels = [photo(40, 64), photo(24, 40)];
    const grid = { height: 9, width: 15 };
    const before = tf.memory().numTensors;
    const summed = await sumViews(backend, { photos: [levels], mirror: true, grid }, model.run);
    const expected = tf.tidy(() =>
      tf.addN(
        levels.flatMap(({ height, width, pixels }) => {
          const image = tf.tensor4d(pixels, [1, height, width, 3]);
          const sized = (x: Tensor4D): Tensor4D => ops.resizeBilinear(model.run(x), [grid.height, grid.width], false);
          return [sized(image), tf.reverse(sized(tf.reverse(image, 2)), 2)];
        }),
      ),
    );
    expect(deviation(await summed.data<'float32'>(), await expected.data<'float32'>())).toBeLessThan(1e-5);
    const maps = await viewMaps(backend, { photos: [levels], mirror: true }, model.run);
    const rows = summedMaps(backend, maps, grid, { top: 2, height: 4 });
    expect(rows.shape).toEqual([1, 4, 15, 4]);
    expect(deviation(await rows.data<'float32'>(), (await summed.data<'float32'>()).slice(2 * 15 * 4, 6 * 15 * 4))).toBeLessThan(1e-6);
    tf.dispose([summed, expected, rows, ...maps]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('the largest class at photo size', () => {
  it.each([7, 16, 1000])('is the same in blocks of %i px as at once', async (block) => {
    const { tf, ops } = backend;
    const before = tf.memory().numTensors;
    const scores = tf.tensor4d(plainValue('scores', [1, 9, 12, 5]).values, [1, 9, 12, 5]);
    const labels = await largestAt(backend, scores, { width: 45, height: 34 }, block);
    const expected = tf.tidy(() => tf.argMax(ops.resizeBilinear(scores, [34, 45], false), 3));
    expect([...labels.data]).toEqual([...(await expected.data<'int32'>())]);
    tf.dispose([scores, expected]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
