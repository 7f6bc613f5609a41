import { readFileSync } from 'node:fs';
import { zipPieces } from '#main/ml/formats/zip-writer.ts';
import type { Random } from '#main/ml/random/random.ts';
import { edge, mutated, mutatedJson, oneOf } from './mutate.ts';
import { legacyFile, pickledDict, pickledNpyObject } from './pickles.ts';

/** What a reader is given. */
export interface FuzzInput {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Files that a model.json may name. */
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

export interface Subject {
  readonly name: string;
  make(random: Random): FuzzInput;
}

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/weight-files/${name}`, import.meta.url)));

/** Real files of a format with bytes changed. */
function changed(name: string, seeds: readonly string[], shards: readonly string[] = []): Subject {
  const files = seeds.map((seed) => ({ seed, bytes: fixture(seed) }));
  const beside = shards.map((path): [string, Uint8Array] => [path.split('/').at(-1) ?? '', fixture(path)]);
  return {
    name,
    make: (random) => {
      const { seed, bytes } = oneOf(files, random);
      return { file: seed.split('/').at(-1) ?? seed, bytes: mutated(bytes, random), shards: new Map(beside) };
    },
  };
}

function alone(file: string, bytes: Uint8Array): FuzzInput {
  return { file, bytes, shards: new Map() };
}

const safetensorsHeaders: Subject = {
  name: 'safetensors, its header changed as JSON',
  make: (random) => {
    const bytes = fixture('torch.safetensors');
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const text = Buffer.from(JSON.stringify(mutatedJson(header, random)).padEnd(random.integer(0, 8)));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt.asUintN(64, random.chance(0.05) ? edge(random) : BigInt(text.length)));
    const data = bytes.subarray(8 + length, random.chance(0.1) ? random.integer(8 + length, bytes.length) : undefined);
    return alone('x.safetensors', new Uint8Array(Buffer.concat([size, text, data])));
  },
};

const tfjsModels: Subject = {
  name: 'TensorFlow.js, model.json changed as JSON',
  make: (random) => {
    const model: unknown = JSON.parse(new TextDecoder().decode(fixture('tfjs/model.json')));
    const names = ['group1-shard1of2.bin', 'group1-shard2of2.bin', 'group2-shard1of1.bin'];
    const shards = names.map((name): [string, Uint8Array] => [name, random.chance(0.05) ? mutated(fixture(`tfjs/${name}`), random) : fixture(`tfjs/${name}`)]);
    return { file: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(mutatedJson(model, random))), shards: new Map(shards) };
  },
};

const torchLegacyPickles: Subject = { name: 'torch legacy, pickles from a grammar', make: (random) => alone('x.pth', legacyFile(random)) };

const torchZipPickles: Subject = {
  name: 'torch zip, pickles from a grammar',
  make: (random) => {
    const storage = Uint8Array.from({ length: oneOf([16, 16, 8, 32, 0], random) }, () => random.integer(0, 255));
    const contents = [
      { name: 'x/data.pkl', pieces: () => [Uint8Array.from(pickledDict(random))] },
      { name: 'x/data/0', pieces: () => [storage] },
      { name: random.chance(0.03) ? 'x/constants.pkl' : 'x/data/1', pieces: () => [storage] },
      { name: 'x/byteorder', pieces: () => [Buffer.from(random.chance(0.03) ? 'big' : 'little')] },
    ];
    return alone('x.pth', new Uint8Array(Buffer.concat([...zipPieces(contents, { deflate: random.chance(0.03) })])));
  },
};

/** A header as NumPy writes it, with now and then a part that it would not. */
function npyHeader(random: Random, descr: string, shape: string): Buffer {
  const fields = `{'descr': '${descr}', 'fortran_order': ${random.chance(0.3) ? 'True' : 'False'}, 'shape': ${shape}, }`.padEnd(117, ' ') + '\n';
  const length = random.chance(0.03) ? random.integer(0, 65535) : fields.length;
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([random.chance(0.05) ? random.integer(0, 4) : 1, 0, length & 255, length >>> 8]), Buffer.from(fields)]);
}

function npyBytes(random: Random): Uint8Array {
  if (random.chance(0.5)) return new Uint8Array(Buffer.concat([npyHeader(random, '|O', '()'), Buffer.from(pickledNpyObject(random))]));
  const descr = oneOf(['<f4', '>f4', '<f8', '|u1', '<i8', '|b1', '<U5', '|V8', '<c8'], random);
  const side = (): string => (random.chance(0.1) ? edge(random).toString() : String(random.integer(0, 4)));
  const shape = oneOf([`()`, `(${side()},)`, `(${side()}, ${side()})`, `(${side()}, ${side()}, 2)`], random);
  return new Uint8Array(Buffer.concat([npyHeader(random, descr, shape), Buffer.alloc(oneOf([0, 4, 8, 16, 32, 64], random), 1)]));
}

const npyFiles: Subject = { name: 'npy, headers and pickles from a grammar', make: (random) => alone('x.npy', npyBytes(random)) };

const npzFiles: Subject = {
  name: 'npz of such arrays, its zip changed',
  make: (random) => {
    const contents = Array.from({ length: random.integer(0, 3) }, (_, index) => ({ name: random.chance(0.05) ? 'readme' : `a${index}.npy`, pieces: () => [npyBytes(random)] }));
    const bytes = new Uint8Array(Buffer.concat([...zipPieces(contents, { deflate: random.chance(0.5) })]));
    return alone('x.npz', random.chance(0.5) ? mutated(bytes, random) : bytes);
  },
};

const mxnetFiles: Subject = {
  name: 'MXNet, arrays of any header',
  make: (random) => {
    const u64 = (value: bigint): number[] => [...Buffer.from(new BigUint64Array([BigInt.asUintN(64, value)]).buffer)];
    const u32 = (value: number): number[] => [...u64(BigInt(value >>> 0)).slice(0, 4)];
    const odd = (value: number): bigint => (random.chance(0.06) ? edge(random) : BigInt(value));
    const count = random.integer(0, 3);
    const arrays = Array.from({ length: count }, () => {
      const sides = Array.from({ length: random.integer(1, 3) }, () => random.integer(0, 3));
      const [magic, isWide] = oneOf<[number[], boolean]>([[[...u32(0xf993fac9), ...u32(Number(BigInt.asUintN(32, odd(0))))], true], [u32(0xf993fac8), true], [[], false]], random);
      const dims = sides.flatMap((side) => (isWide ? u64(odd(side)) : u32(Number(BigInt.asUintN(32, odd(side))))));
      const data = Array.from({ length: 4 * sides.reduce((product, side) => product * side, 1) }, () => random.integer(0, 255));
      return [...magic, ...u32(Number(BigInt.asUintN(32, odd(sides.length)))), ...dims, ...u32(1), ...u32(0), ...u32(Number(BigInt.asUintN(32, odd(0)))), ...data];
    });
    const names = Array.from({ length: count }, (_, index) => [...u64(odd(2)), 0x61, 0x30 + (random.chance(0.05) ? 0 : index)]);
    return alone('x.params', Uint8Array.from([...u64(0x112n), ...u64(0n), ...u64(odd(count)), ...arrays.flat(), ...u64(odd(count)), ...names.flat()]));
  },
};

/** Every reader, by files that real programs wrote and by files made from its grammar. */
export const SUBJECTS: readonly Subject[] = [
  changed('torch zip, bytes changed', ['zip.pt', 'newest.pt', 'protocol5.pt', 'lightning.ckpt']),
  changed('torch legacy, bytes changed', ['legacy.pt']),
  changed('safetensors, bytes changed', ['torch.safetensors', 'numpy.safetensors']),
  changed('npy, bytes changed', ['array.npy', 'psa.npy', 'irn.npy', 'puzzle-cam.npy', 'cls_labels.npy']),
  changed('npz, bytes changed', ['stored.npz', 'deflated.npz', 'irn.npz']),
  changed('MXNet, bytes changed', ['resnet38-v0.params', 'resnet38-v1.params', 'resnet38-v2.params', 'mixed.params']),
  changed('TensorFlow.js, bytes changed', ['tfjs/model.json'], ['tfjs/group1-shard1of2.bin', 'tfjs/group1-shard2of2.bin', 'tfjs/group2-shard1of1.bin']),
  safetensorsHeaders,
  tfjsModels,
  torchLegacyPickles,
  torchZipPickles,
  npyFiles,
  npzFiles,
  mxnetFiles,
];
