import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { io, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeNpyHeader } from '#shared/formats/npy.ts';
import { decodeNpz } from '#shared/formats/npz.ts';
import { convertWeights, targetOf, type ConvertOptions, type Target } from './convert.ts';
import { openWeights } from './open-weights.ts';

/** See generate.py there for who wrote them. */
const fixture = (name: string): string => fileURLToPath(new URL(`../../../../tests/fixtures/weight-files/${name}`, import.meta.url));

// Each waits for the disk.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penumbra-convert-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function convert(name: string, out: string, options: Partial<ConvertOptions> = {}): ReturnType<typeof convertWeights> {
  return convertWeights(fixture(name), join(folder, out), { target: targetOf(out) ?? 'safetensors', roundToFloat32: false, referenceNames: false, ...options });
}

/** Types, shapes and bits of every tensor of a file. */
function contents(path: string): Record<string, unknown> {
  using opened = openWeights(path);
  return Object.fromEntries([...opened.tensors].map(([key, tensor]) => [key, { type: tensor.type, shape: tensor.shape, bits: Buffer.from(tensor.bytes()).toString('hex') }]));
}

const SOURCES = ['zip.pt', 'legacy.pt', 'lightning.ckpt', 'newest.pt', 'torch.safetensors', 'stored.npz', 'deflated.npz', 'array.npy', 'irn.npy', 'cls_labels.npy', 'mixed.params', 'tfjs/model.json'];

describe('to safetensors', () => {
  it.each(SOURCES)('%s keeps every bit', (name) => {
    convert(name, 'out.safetensors');
    expect(contents(join(folder, 'out.safetensors'))).toEqual(contents(fixture(name)));
  });

  it.each(['torch.safetensors', 'numpy.safetensors'])('writes %s byte for byte as the library that made it', (name) => {
    convert(name, 'out.safetensors');
    expect(readFileSync(join(folder, 'out.safetensors')).equals(readFileSync(fixture(name)))).toBe(true);
  });

  it('takes the reference’s names of MXNet’s ResNet-38 when asked, and says what it left out', () => {
    const { leftOut, tensors } = convert('resnet38-v2.params', 'out.safetensors', { referenceNames: true });
    expect(leftOut.map(({ key }) => key)).toEqual(['linear1000_weight', 'linear1000_bias']);
    expect(tensors).toBe(10);
    expect(Object.keys(contents(join(folder, 'out.safetensors')))).toContain('b5_1.conv_branch2b1.weight');
  });
});

it.each(['zip.pt', 'torch.safetensors'])('refuses the reference’s names for %s, whose names are no other layout’s', (name) => {
  expect(() => convert(name, 'out.safetensors', { referenceNames: true })).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringContaining(name) as string }));
  expect(readdirSync(folder)).toEqual([]);
});

it('names the texts that npz has no place for', () => {
  const leftOut = (name: string): string[] => convert('torch.safetensors', name, { roundToFloat32: true }).leftOut.map(({ key, what }) => `${key}: ${what}`);
  expect(leftOut('out.npz')).toEqual(['format: text: pt']);
  expect(leftOut('out.safetensors')).toEqual([]);
});

it('makes no infinity of a number, though it may round', () => {
  const npy = join(folder, 'large.npy');
  writeFileSync(npy, Buffer.concat([encodeNpyHeader('<f8', [2]), Buffer.from(Float64Array.of(0.1, 1e300).buffer)]));
  expect(() => convertWeights(npy, join(folder, 'web', 'model.json'), { target: 'tfjs', roundToFloat32: true, referenceNames: false })).toThrow(
    expect.objectContaining({ message: expect.stringContaining('of F64 holds 1e+300') as string, remedy: 'Convert to safetensors, which holds every type.' }),
  );
  expect(existsSync(join(folder, 'web'))).toBe(false);
});

describe('to npz', () => {
  it('keeps every bit of all but bfloat16, which comes as float32', () => {
    const { retyped } = convert('zip.pt', 'out.npz');
    expect(retyped).toEqual([{ key: 'brain', from: 'BF16', to: 'F32' }]);
    const { brain, ...written } = contents(join(folder, 'out.npz'));
    const { brain: source, ...read } = contents(fixture('zip.pt'));
    expect(written).toEqual(read);
    const halves = Buffer.from((source as { bits: string }).bits, 'hex');
    // bfloat16 is the upper half of a float32.
    expect((brain as { bits: string }).bits).toBe(Buffer.concat(Array.from({ length: halves.length / 2 }, (_, i) => Buffer.from([0, 0, ...halves.subarray(2 * i, 2 * i + 2)]))).toString('hex'));
  });

  it('writes entries byte for byte as NumPy does', () => {
    convert('stored.npz', 'out.npz');
    const numpy = readFileSync(fixture('stored.npz'));
    const ours = readFileSync(join(folder, 'out.npz'));
    // Each array of C order and little-endian stands in NumPy's own file as it is, from the header on.
    for (const descr of ['<f2', '<i8', '|b1', '|u1']) {
      const from = ours.indexOf(`'descr': '${descr}'`);
      expect(from).toBeGreaterThan(0);
      expect(numpy.includes(ours.subarray(from - 9, from + 119))).toBe(true);
    }
  });

  it('is read by the reader of score maps too', () => {
    convert('psa.npy', 'out.npz');
    const arrays = decodeNpz(readFileSync(join(folder, 'out.npz')), 'out.npz', 1_000_000);
    expect([...arrays.keys()]).toEqual(['3', '14']);
    expect(arrays.get('14')?.shape).toEqual([6, 9]);
  });
});

describe('to TensorFlow.js', () => {
  it('gives its own decoder the same numbers, over several shards', async () => {
    await setBackend('cpu');
    // A tensor longer than a shard.
    const values = Float32Array.from({ length: 1_100_000 }, (_, i) => Math.fround(Math.sin(i)));
    const npy = join(folder, 'long.npy');
    writeFileSync(npy, Buffer.concat([npyHeader(values.length), Buffer.from(values.buffer)]));
    convertWeights(npy, join(folder, 'web', 'model.json'), { target: 'tfjs', roundToFloat32: false, referenceNames: false });
    expect(readdirSync(join(folder, 'web')).sort()).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin', 'model.json']);
    const model = JSON.parse(readFileSync(join(folder, 'web', 'model.json'), 'utf8')) as { weightsManifest: { paths: string[]; weights: io.WeightsManifestEntry[] }[] };
    const [group] = model.weightsManifest;
    const bytes = Buffer.concat((group?.paths ?? []).map((path) => readFileSync(join(folder, 'web', path))));
    const decoded = io.decodeWeights(new Uint8Array(bytes).buffer, group?.weights ?? []);
    expect(Buffer.from(new Uint8Array((decoded['arr_0']?.dataSync() as Float32Array).buffer)).equals(Buffer.from(values.buffer))).toBe(true);
  });

  it('refuses float64 that float32 cannot hold, unless told to round', () => {
    expect(() => convert('array.npy', 'net/model.json')).toThrow('tensor "arr_0" of F64 holds');
    const { retyped } = convert('array.npy', 'net/model.json', { roundToFloat32: true });
    expect(retyped).toEqual([{ key: 'arr_0', from: 'F64', to: 'F32' }]);
  });

  it('refuses what does not fit, naming tensor and value, and leaves nothing', () => {
    expect(() => convert('mixed.params', 'web/model.json', { roundToFloat32: true })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_MISMATCH', message: 'mixed.params: tensor "i8" of I64 holds 1099511627776, which I32, the type that tfjs has for it, can\'t hold.' }),
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the output', () => {
  it.each<[Target, string]>([
    ['safetensors', 'out.safetensors'],
    ['npz', 'out.npz'],
    ['tfjs', 'web/model.json'],
  ])('as %s is never written over', (target, out) => {
    convert('psa.npy', out, { target });
    const before = contents(join(folder, out));
    expect(() => convert('numpy.safetensors', out, { target, roundToFloat32: true })).toThrow(expect.objectContaining({ code: 'EXPORT_TARGET_INVALID' }));
    expect(contents(join(folder, out))).toEqual(before);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('leaves nothing when the input turns out broken half-way', () => {
    const cut = join(folder, 'cut.safetensors');
    writeFileSync(cut, readFileSync(fixture('torch.safetensors')));
    truncateSync(cut, 1400);
    expect(() => convertWeights(cut, join(folder, 'out.npz'), { target: 'npz', roundToFloat32: false, referenceNames: false })).toThrow(expect.objectContaining({ code: 'WEIGHTS_MALFORMED' }));
    expect(existsSync(join(folder, 'out.npz'))).toBe(false);
  });
});

function npyHeader(count: number): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([1, 0, text.length, 0]), Buffer.from(text)]);
}
