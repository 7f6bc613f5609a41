import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Rank } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeNpyHeader } from '#shared/formats/npy.ts';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { HostTensor } from '#main/ml/nn/host-tensor.ts';
import { INFERENCE } from '#main/ml/nn/network.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { forwardFile } from '#main/ml/nn/networks/forward-file.ts';
import { forward } from '#main/ml/nn/networks/forward.ts';
import { loadedModel } from '#main/ml/nn/networks/loaded-model.ts';
import type { HeadTable } from '#main/ml/nn/networks/table.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { readNamedWeights } from '#main/ml/weights/read-weights.ts';
import { writeSafetensors } from '#main/ml/weights/safetensors/write.ts';
import { useEngine } from '../support/engines.ts';

// Kernels are registered once in a process: what runs files takes the engine that is there.
vi.mock('#main/ml/backend/load.ts', async (original) => {
  const { loadBackend } = await original<{ loadBackend: (id: 'native') => Promise<TensorBackend> }>();
  let loading: Promise<TensorBackend> | null = null;
  return { loadBackend: () => (loading ??= loadBackend('native')) };
});

const resnet = { family: 'resnet', table: { stem: 4, width: 4, blocks: [1, 1, 1, 1] } } as const;
const entryOf = (head: HeadTable): NetworkEntry => ({ title: 'small', reference: 'none', input: 'imagenet', classes: 3, table: { backbone: resnet, head, prefix: '', outputStride: 8 } });
const CAM = entryOf({ kind: 'cam', name: 'fc8', dropout: 0 });
const V3 = entryOf({ kind: 'deeplab-v3', auxiliary: true, rates: [1, 2, 3] });

let backend: TensorBackend;
let weights: Map<string, HostTensor>;
let folder: string;
const at = (name: string): string => path.join(folder, name);
beforeAll(async () => {
  backend = await useEngine('native');
  const { parameters } = buildNetwork(backend, CAM.table, { classes: 3, norm: 'frozen', random: randomFor(1) });
  weights = await parameters.export();
  parameters.dispose();
  folder = mkdtempSync(path.join(tmpdir(), 'penumbra-model-forward-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const request = (change: Partial<Parameters<typeof forward>[1]> = {}) => ({ entry: CAM, classes: 3, weights, source: 'cam.pth', taps: [], input: photo(), ...change });
const renamed = (prefix: string): Map<string, HostTensor> => new Map([...weights].map(([name, tensor]) => [prefix + name, tensor]));

function photo(change: Readonly<Record<number, number>> = {}, shape: number[] = [1, 3, 33, 17]): HostTensor {
  const values = Float32Array.from({ length: shape.reduce((product, length) => product * length) }, (_, i) => Math.sin(i));
  for (const [place, value] of Object.entries(change)) values[Number(place)] = value;
  return { shape, values };
}

function npy(name: string, shape: number[], values: Float64Array): string {
  writeFileSync(at(name), Buffer.concat([encodeNpyHeader('<f8', shape), Buffer.from(values.buffer)]));
  return at(name);
}

describe('the input', () => {
  it.each<[string, HostTensor, string]>([
    ['NaN, which activations would swallow', photo({ 600: Number.NaN }), 'The input holds NaN at (0, 1, 2, 5); expected finite numbers'],
    ['infinity', photo({ 0: -Infinity }), 'The input holds -Infinity at (0, 0, 0, 0)'],
    ['no photos', photo({}, [0, 3, 224, 224]), 'The input has shape (0, 3, 224, 224); expected (batch, 3, height, width), each at least 1'],
    ['no rows', photo({}, [1, 3, 0, 224]), 'The input has shape (1, 3, 0, 224)'],
  ])('of %s is refused', async (_, input, message) => {
    await expect(forward(backend, request({ input }))).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) as string });
  });

  it('and the result of 64-bit numbers name what was rounded; a number beyond 32 bits is told as it is', async () => {
    const shape = [1, 3, 9, 9];
    const values = Float64Array.from({ length: 243 }, (_, i) => Math.sin(i));
    writeFileSync(at('w.safetensors'), writeSafetensors(weights));
    const files = { weights: at('w.safetensors'), input: npy('x.npy', shape, values), output: at('out.npz') };
    const common = { entry: CAM, classes: 3, taps: [], outputStride: undefined, backend: 'native' as const, allowMissing: [] };
    expect(await forwardFile({ ...common, ...files })).toMatchObject({ rounded: [{ key: 'the input', type: 'F64' }], nonFinite: [], copies: 0 });
    // The output is there now: said before the pass, and before the weights are looked for.
    await expect(forwardFile({ ...common, ...files, weights: at('none.pth') })).rejects.toMatchObject({ code: 'EXPORT_TARGET_INVALID' });
    values[7] = 1e300;
    await expect(forwardFile({ ...common, ...files, input: npy('x.npy', shape, values), output: at('other.npz') })).rejects.toMatchObject({
      code: 'WEIGHTS_MALFORMED',
      message: expect.stringMatching(/of F64 holds 1e\+300 at position 7; expected numbers within ±3\.4e38/) as string,
    });
  });

  it('that is exact in 32 bits is not said to be rounded', () => {
    expect(readNamedWeights(npy('exact.npy', [2], Float64Array.of(0.5, Number.NaN))).rounded.size).toBe(0);
  });
});

describe('results', () => {
  it('that overflow are pointed at', async () => {
    const large = new Map(weights).set('fc8.weight', { shape: [3, 128, 1, 1], values: new Float32Array(384).fill(3e38) });
    const { nonFinite } = await forward(backend, request({ weights: large, taps: ['layer1'] }));
    expect(nonFinite.map(({ name, count, place }) => ({ name, count, place }))).toEqual([{ name: 'logits', count: 3, place: [0, 0] }]);
  });

  it.each([
    ['maps', CAM],
    ['aux', V3],
  ])('that nobody asked for are not computed: %s', (tap, entry) => {
    const { parameters, forward: run } = buildNetwork(backend, entry.table, { classes: 3, norm: 'frozen', random: randomFor(1) });
    for (const asked of [true, false]) {
      const found: string[] = [];
      backend.tf.tidy(() => {
        run(backend.tf.zeros<Rank.R4>([1, 17, 17, 3]), { ...INFERENCE, tap: (name) => void found.push(name), wants: (name) => asked && name === tap });
      });
      expect(found.includes(tap)).toBe(asked);
    }
    parameters.dispose();
  });
});

describe('weights', () => {
  it('of another count of classes are refused before anything is allocated', () => {
    const before = backend.tf.memory().numBytes;
    expect(() => loadedModel(backend, request({ classes: 2_000_000_000 }))).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISMATCH', message: expect.stringContaining('fc8.weight is (3, 128, 1, 1), expected (2000000000, 128, 1, 1)') as string }));
    expect(backend.tf.memory().numBytes).toBe(before);
  });

  it('under Lightning’s names are refused with the option that takes them, and load with it', () => {
    writeFileSync(at('lightning.safetensors'), writeSafetensors(renamed('model.')));
    const { tensors } = readNamedWeights(at('lightning.safetensors'));
    expect(() => loadedModel(backend, request({ weights: tensors }))).toThrow(expect.objectContaining({ remedy: expect.stringContaining('Its names fit without "model.": add --strip-prefix model') as string }));
    for (const prefix of ['model', 'model.']) {
      const stripped = readNamedWeights(at('lightning.safetensors'), prefix).tensors;
      loadedModel(backend, request({ weights: stripped })).parameters.dispose();
    }
    expect(() => readNamedWeights(at('lightning.safetensors'), 'net')).toThrow(/No name in lightning\.safetensors begins with "net\."; the first is model\./);
  });

  it('of DataParallel load from any format', () => {
    writeFileSync(at('parallel.safetensors'), writeSafetensors(renamed('module.')));
    loadedModel(backend, request({ weights: readNamedWeights(at('parallel.safetensors')).tensors })).parameters.dispose();
    writeFileSync(at('both.safetensors'), writeSafetensors(new Map([...renamed('module.'), ...weights])));
    expect(() => readNamedWeights(at('both.safetensors'))).toThrow(/with and without "module\."/);
  });
});
