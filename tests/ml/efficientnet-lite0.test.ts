import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { efficientNetLite } from '#main/ml/nn/backbones/efficientnet-lite.ts';
import type { HostTensors } from '#main/ml/nn/host-tensor.ts';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { ParamStore } from '#main/ml/nn/param-store.ts';
import type { Random } from '#main/ml/random/random.ts';
import { readWeights } from '#main/ml/weights/read-weights.ts';
import { weightsFile } from '../../scripts/lib/cache.mjs';
import { useEngine } from '../support/engines.ts';
import { sharedData } from '../support/shared-data.ts';
import { deviation } from '../support/torch-tensors.ts';

/** The real file, brought by `npm run setup`. */
const PTH = weightsFile('efficientnet-lite0');
const shared = sharedData();
const isNotBackbone = (name: string): boolean => /^_fc\.|num_batches_tracked$/.test(name);

/** Initial values are replaced by the file's; drawing five million normals takes longer than the tests. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

let backend: TensorBackend;
let weights: HostTensors;
beforeAll(async () => {
  backend = await useEngine('native');
  weights = readWeights(PTH);
});

function network(outputStride: 8 | 16 | 32, firstTrainedBlock = 17) {
  const parameters = new ParamStore(backend.tf);
  const backbone = efficientNetLite({ backend, parameters }, { outputStride, firstTrainedBlock, random: ZEROS });
  parameters.load(weights, { source: PTH, ignore: isNotBackbone });
  return { parameters, backbone };
}

/** The golden input: red runs down, green runs right, no blue. */
function goldenImage(side: number): Tensor4D {
  const values = new Float32Array(side * side * 3).map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const position = channel === 0 ? Math.floor(pixel / side) : pixel % side;
    return channel === 2 ? 0 : (2 * position) / (side - 1) - 1;
  });
  return backend.tf.tensor4d(values, [1, side, side, 3]);
}

/** vitest's own comparison takes a minute for millions of numbers. */
function sameBits(a: Float32Array, b: Float32Array | undefined): boolean {
  return (
    b !== undefined &&
    Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.byteLength), Buffer.from(b.buffer, b.byteOffset, b.byteLength)) === 0
  );
}

describe('EfficientNet-Lite0 from the published legacy pickle', () => {
  it('holds 296 tensors, 4,652,008 of whose numbers learn', () => {
    expect(weights.size).toBe(296);
    const learnt = [...weights].filter(([name]) => !/running_|num_batches/.test(name));
    expect(learnt.reduce((sum, [, { values }]) => sum + values.length, 0)).toBe(4_652_008);
  });

  // networks-formats.md §1.5: computed with PyTorch and timm.
  it('gives the golden logits', () => {
    const before = backend.tf.memory().numTensors;
    const { parameters, backbone } = network(32);
    const [fc, bias] = [weights.get('_fc.weight'), weights.get('_fc.bias')];
    const result = backend.tf.tidy(() => {
      const { tf } = backend;
      const { last } = backbone.learnt(backbone.frozen(goldenImage(224)), INFERENCE);
      expect(last.shape).toEqual([1, 7, 7, 1280]);
      const logits = tf.add(
        tf.matMul(tf.mean<never>(last, [1, 2]), tf.tensor2d(fc?.values ?? [], [1000, 1280]), false, true),
        tf.tensor1d(bias?.values ?? []),
      );
      return { featureMean: tf.mean(last).dataSync<'float32'>()[0], logits: logits.dataSync<'float32'>().slice() };
    });
    expect(result.featureMean).toBeCloseTo(0.0777, 4);
    for (const [at, value] of [-0.4348, -0.2811, 0.1162, -0.7148].entries()) expect(result.logits[at]).toBeCloseTo(value, 4);
    expect(result.logits.indexOf(Math.max(...result.logits))).toBe(818);
    expect(result.logits[818]).toBeCloseTo(4.5908, 4);
    parameters.dispose();
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(shared === null)('equals the safetensors copy, bit for bit', () => {
    const copy = readWeights(join(shared ?? '', 'weights', 'efficientnet-lite0.safetensors'));
    expect(copy.size).toBe(247);
    for (const [name, { shape, values }] of copy) {
      expect(weights.get(name)?.shape, name).toEqual(shape);
      expect(sameBits(values, weights.get(name)?.values), name).toBe(true);
    }
  });

  it.each([
    [32, 2],
    [16, 4],
    [8, 8],
  ] as const)('at output stride %i ends on %i cells a side for 64 px and taps every stage', (outputStride, cells) => {
    const { parameters, backbone } = network(outputStride);
    backend.tf.tidy(() => {
      const { stages, last } = backbone.learnt(backbone.frozen(goldenImage(64)), INFERENCE);
      expect(last.shape).toEqual([1, cells, cells, 1280]);
      expect(stages.map((stage) => stage.shape[3])).toEqual([16, 24, 40, 80, 112, 192, 320]);
      expect(stages.map((stage) => 64 / stage.shape[1])).toEqual([2, 4, 8, 16, 16, 32, 32].map((stride) => Math.min(stride, outputStride)));
    });
    parameters.dispose();
  });

  // Dilation keeps what stride computed: every second cell of stride 16 sees the pixels that a cell of stride 32 sees.
  it('at output stride 16 computes the features of stride 32 on every second cell', () => {
    const [coarse, fine] = [network(32), network(16)];
    backend.tf.tidy(() => {
      // Odd sides, where SAME padding is symmetric and so shifts nothing between the strides.
      const image = goldenImage(257);
      const features = ({ backbone }: typeof coarse): Tensor4D => backbone.learnt(backbone.frozen(image), INFERENCE).last;
      const every = backend.tf.stridedSlice(features(fine), [0, 0, 0, 0], [1, 17, 17, 1280], [1, 2, 2, 1]);
      expect(deviation(every.dataSync(), features(coarse).dataSync())).toBeLessThan(1e-4);
    });
    coarse.parameters.dispose();
    fine.parameters.dispose();
  });

  it('gives the same numbers wherever the frozen prefix ends', () => {
    const results = [0, 5, 16, 17].map((firstTrainedBlock) => {
      const { parameters, backbone } = network(16, firstTrainedBlock);
      const values = backend.tf.tidy(() =>
        backbone
          .learnt(backbone.frozen(goldenImage(64)), INFERENCE)
          .last.dataSync<'float32'>()
          .slice(),
      );
      const trainable = parameters.trainable().length;
      parameters.dispose();
      return { values, trainable };
    });
    for (const { values } of results) expect(sameBits(values, results[0]?.values)).toBe(true);
    // Filter, scale and shift of 49 convolutions; of block 5 and later; of the last; none.
    expect(results.map(({ trainable }) => trainable)).toEqual([147, 102, 3, 0]);
  });
});

describe('loading', () => {
  it('refuses a file that lacks, adds or misshapes a tensor, naming each, and changes nothing', () => {
    const { parameters } = network(16);
    const held = parameters.get('_bn0.weight').variable.dataSync<'float32'>().slice();
    const broken = new Map([...weights].filter(([name]) => name !== '_conv_head.weight'));
    broken.set('_bn0.weight', { shape: [16], values: new Float32Array(16) });
    broken.set('extra.weight', { shape: [1], values: new Float32Array(1) });
    let message = '';
    try {
      parameters.load(broken, { source: 'broken.pth', ignore: isNotBackbone });
    } catch (thrown) {
      message = String(thrown);
    }
    expect(message).toMatch(/broken\.pth/);
    expect(message).toMatch(/_bn0\.weight is \(16\), expected \(32\)/);
    expect(message).toMatch(/missing: _conv_head\.weight/);
    expect(message).toMatch(/not of this network: extra\.weight/);
    expect(parameters.get('_bn0.weight').variable.dataSync()).toEqual(held);
    parameters.dispose();
  });

  it('exports what it loaded, in the reference’s layout', async () => {
    const { parameters } = network(16);
    for (const [name, { shape, values }] of await parameters.export()) {
      expect(shape, name).toEqual(weights.get(name)?.shape);
      expect(sameBits(values, weights.get(name)?.values), name).toBe(true);
    }
    parameters.dispose();
  });

  it.skipIf(existsSync(PTH))('the weights are not installed: npm run setup', () => {
    expect.unreachable('the golden test needs the real file');
  });
});
