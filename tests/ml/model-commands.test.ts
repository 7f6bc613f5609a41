import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '#shared/formats/npy.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import { NETWORKS } from '#main/ml/nn/networks/catalogue.ts';
import { referenceShape } from '#main/ml/nn/layout.ts';
import type { Random } from '#main/ml/random/random.ts';
import { readWeights } from '#main/ml/weights/read-weights.ts';
import { writeSafetensors } from '#main/ml/weights/safetensors/write.ts';
import { readReference } from '../../scripts/parity/reference-file.ts';
import { parameterValue, plainValue } from '../../scripts/parity/values.ts';
import { engineTrouble, useEngine } from '../support/engines.ts';
import { runCli } from '../support/processes.ts';

// EfficientNet-Lite0 as published, with values that follow from names: what PyTorch makes of them is a fixture.
const ARCH = 'efficientnet-lite0';
const reference = readReference(path.join(import.meta.dirname, '../fixtures/parity/efficientnet-lite0-published.safetensors'));
/** Initial values are all replaced. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

let folder: string;
const at = (name: string): string => path.join(folder, name);
const forward = (arch: string, input: string, output: string, ...more: string[]) =>
  runCli(['model', 'forward', '--arch', arch, '--weights', at('weights.safetensors'), '--input', at(input), '--output', at(output), ...more]);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-forward-'));
  const entry = NETWORKS.get(ARCH);
  if (entry === undefined) throw new Error(`${ARCH} is not in the catalogue`);
  const { parameters } = buildNetwork(await useEngine('native'), entry.table, { classes: entry.classes, norm: 'frozen', random: ZEROS });
  const values = new Map(parameters.list().map(({ name, shape, layout }) => [name, parameterValue(name, referenceShape(shape, layout))]));
  parameters.dispose();
  await writeFile(at('weights.safetensors'), writeSafetensors(values));
  const shape = [1, 3, ...reference.case.size];
  await writeFile(at('x.npy'), encodeNpy({ dtype: 'float32', shape, data: plainValue(reference.input, shape).values }));
});
afterAll(() => rm(folder, { recursive: true }));

const convert = (output: string, ...more: string[]) => runCli(['model', 'convert', at('weights.safetensors'), at(output), ...more]);
const SIZE = reference.case.size.join('x');

/** Largest difference at the places that the reference has, relative to its largest value. */
function deviation(found: Float32Array, tap: string): number {
  const expected = reference.tensors.get(`eval/tap/${tap}`)?.values ?? new Float32Array();
  const differences = expected.map((value, i) => Math.abs(value - (found[Math.floor((i * found.length) / expected.length)] ?? Number.NaN)));
  return Math.max(...differences) / Math.max(...expected.map(Math.abs));
}

describe('penumbra model forward', () => {
  it('writes logits and taps that are PyTorch’s, channels before height and width, and never writes over', async () => {
    const { code, stdout, stderr } = await forward(ARCH, 'x.npy', 'out.npz', '--taps', 'stage1,features');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: expect.stringMatching(/^logits +\(1, 1000\)$/m) as string });
    const found = readWeights(at('out.npz'));
    expect(new Map([...found].map(([name, { shape }]) => [name, shape]))).toEqual(new Map([['stage1', [1, 16, 33, 33]], ['features', [1, 1280, 3, 3]], ['logits', [1, 1000]]]));
    for (const [name, { values }] of found) expect(deviation(Float32Array.from(values), name), name).toBeLessThan(1e-4);
    const again = await forward(ARCH, 'x.npy', 'out.npz');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('out.npz') as string });
    expect(readWeights(at('out.npz')).size).toBe(3);
  });

  it.each([
    ['a network that there is not', 2, ['lenet', 'x.npy'], /there is no network "lenet"/],
    ['a tap that there is not, naming those there are', 1, [ARCH, 'x.npy', '--taps', 'stage9'], /no tap named stage9[^]*stage1, stage2/],
    ['weights of another number of outputs', 1, [ARCH, 'x.npy', '--classes', '20'], /_fc\.weight is \(1000, 1280\), expected \(20, 1280\)/],
    ['weights of another network', 1, ['efficientnet-lite1', 'x.npy'], /missing: _blocks\.16\._expand_conv\.weight/],
    ['an output stride that the network cannot have, naming those it can', 1, [ARCH, 'x.npy', '--output-stride', '4'], /EfficientNet-Lite, has no output stride 4; it can be built with 8 or 16 or 32/],
    ['an output stride that is no number', 2, [ARCH, 'x.npy', '--output-stride', 'half'], /--output-stride: "half" is no whole number/],
    ['an output stride in other than digits', 2, [ARCH, 'x.npy', '--output-stride', '0x10'], /--output-stride: "0x10" is no whole number/],
    ['more outputs than any list has', 2, [ARCH, 'x.npy', '--classes', '99999999'], /--classes: "99999999" is no count of outputs[^]*from 1 to 100000/],
    ['a part that the network has not', 1, [ARCH, 'x.npy', '--allow-missing', 'fc9'], /no part named fc9 that could be missing[^]*Name head, or modules such as _conv_stem/],
    ['an input that is no photos', 1, [ARCH, 'flat.npy'], /shape \(3, 5\); expected \(batch, 3, height, width\)/],
  ])('refuses %s', async (_, code, [arch = '', input = '', ...more], message) => {
    await writeFile(at('flat.npy'), encodeNpy({ dtype: 'float32', shape: [3, 5], data: new Float32Array(15) }));
    expect(await forward(arch, input, 'none.npz', ...more)).toMatchObject({ code, stderr: expect.stringMatching(message) as string });
  });
});

it('runs at another output stride, and says what to change where memory runs out', async () => {
  const { code, stdout, stderr } = await forward(ARCH, 'x.npy', 'os16.npz', '--taps', 'features', '--output-stride', '16');
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: expect.stringMatching(/^features +\(1, 1280, 5, 5\)$/m) as string });
  const args = ['--arch', ARCH, '--weights', at('weights.safetensors'), '--input', at('x.npy'), '--output', at('none.npz'), '--taps', 'stage1', '--output-stride', '16'];
  const short = await runCli(['model', 'forward', ...args], { env: { PENUMBRA_FAULTS: 'model.forward=OOM' } });
  expect(short.code).toBe(1);
  expect(short.stderr).toContain('EfficientNet-Lite0, ImageNet classifier on (1, 3, 65, 65): out of memory: OOM when allocating tensor');
  expect(short.stderr).toContain(
    'Give smaller photos (now 65 × 65), or cut them into tiles that overlap; or ask for fewer taps (now stage1); or take a larger output stride (now 16; --output-stride 32); or close other programs. Then run it again.',
  );
  expect(existsSync(at('none.npz'))).toBe(false);
});

it('runs without a head that the weights lack, when told so, and says it', async () => {
  const weights = readWeights(at('weights.safetensors'));
  await writeFile(at('headless.safetensors'), writeSafetensors(new Map([...weights].filter(([name]) => !name.startsWith('_fc.')))));
  const args = ['model', 'forward', '--arch', ARCH, '--weights', at('headless.safetensors'), '--input', at('x.npy'), '--output', at('headless.npz'), '--taps', 'features'];
  expect(await runCli(args)).toMatchObject({ code: 1, stderr: expect.stringMatching(/missing: _fc\.weight, _fc\.bias[^]*--allow-missing head/) as string });
  expect(existsSync(at('headless.npz'))).toBe(false);
  expect(await runCli([...args, '--allow-missing', 'head'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/left at initial values.*: _fc\.weight, _fc\.bias$/m) as string });
  expect(deviation(Float32Array.from(readWeights(at('headless.npz')).get('features')?.values ?? []), 'features')).toBeLessThan(1e-4);
});

it.skipIf(engineTrouble('webgpu') !== null)('runs on WebGPU too: it loads, says what is wrong, and ends', async () => {
  const ended = await forward(ARCH, 'x.npy', 'none.npz', '--backend', 'webgpu', '--taps', 'stage9');
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/no tap named stage9[^]*stage1, stage2/) as string });
});

describe('penumbra model convert to ONNX', () => {
  it('writes a file that onnxruntime runs to PyTorch’s numbers, for any count of photos, and never writes over', async () => {
    const { code, stdout, stderr } = await convert('net.onnx', '--arch', ARCH, '--size', SIZE, '--taps', 'stage1,features');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: expect.stringMatching(/opset 17[^]*input +images +\(batch, 3, 65, 65\)[^]*output +features +\(batch, 1280, 3, 3\)/) as string });
    const session = await InferenceSession.create(at('net.onnx'), { intraOpNumThreads: 1 });
    const photo = plainValue(reference.input, [1, 3, ...reference.case.size]).values;
    const found = await session.run({ images: new Tensor('float32', Float32Array.of(...photo, ...photo), [2, 3, ...reference.case.size]) });
    expect(Object.fromEntries(Object.entries(found).map(([name, { dims }]) => [name, dims]))).toEqual({ stage1: [2, 16, 33, 33], features: [2, 1280, 3, 3], logits: [2, 1000] });
    for (const [name, { data }] of Object.entries(found)) {
      const both = data as Float32Array;
      for (const half of [both.subarray(0, both.length / 2), both.subarray(both.length / 2)]) expect(deviation(half, name), name).toBeLessThan(1e-4);
    }
    expect(await convert('net.onnx', '--arch', ARCH)).toMatchObject({ code: 1, stderr: expect.stringContaining('net.onnx') as string });
  });

  it.each([
    ['a file without a network', 2, ['none.onnx'], /Add --arch NAME/],
    ['a network for weights alone', 2, ['none.npz', '--arch', ARCH], /--arch is for ONNX; npz holds weights alone/],
    ['a size that is none', 2, ['none.onnx', '--arch', ARCH, '--size', '65'], /--size: "65" is no size/],
    ['a size that no runtime would take', 2, ['none.onnx', '--arch', ARCH, '--size', '99999x99999'], /"99999x99999" is beyond 16384 pixels on a side/],
    ['names that ONNX has anyway', 2, ['none.onnx', '--arch', ARCH, '--reference-names'], /--reference-names is for weights alone/],
    ['weights of another network', 1, ['none.onnx', '--arch', 'efficientnet-lite1'], /missing: _blocks\.16\._expand_conv\.weight/],
    ['a tap that there is not', 1, ['none.onnx', '--arch', ARCH, '--taps', 'stage9'], /no tap named stage9[^]*stage1, stage2/],
  ])('refuses %s', async (_, code, [out = '', ...more], message) => {
    expect(await convert(out, ...more)).toMatchObject({ code, stderr: expect.stringMatching(message) as string });
    expect(existsSync(at(out))).toBe(false);
  });
});
