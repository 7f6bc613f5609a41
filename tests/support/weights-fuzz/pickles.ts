import type { Random } from '#main/ml/random/random.ts';
import { edge, oneOf } from './mutate.ts';

/** Writes pickles opcode by opcode (CPython's Lib/pickle.py): almost well-formed ones, as an attacker or a broken disk would make them. */
const u32 = (value: number): number[] => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
const u64 = (value: bigint): number[] => [...Buffer.from(new BigUint64Array([BigInt.asUintN(64, value)]).buffer)];
const text = (value: string): number[] => [0x58, ...u32(Buffer.byteLength(value)), ...Buffer.from(value)];
const global = (module: string, name: string): number[] => [0x63, ...Buffer.from(`${module}\n${name}\n`)];
const long = (value: bigint): number[] => [0x8a, 8, ...u64(value)];
const tuple = (...items: number[][]): number[] => [0x28, ...items.flat(), 0x74];

const GLOBALS: readonly [string, string][] = [
  ['collections', 'OrderedDict'],
  ['collections', 'Counter'],
  ['torch._utils', '_rebuild_tensor_v2'],
  ['torch._utils', '_rebuild_tensor_v3'],
  ['torch._utils', '_rebuild_parameter'],
  ['torch.nn.parameter', 'Parameter'],
  ['torch', 'FloatStorage'],
  ['torch', 'LongStorage'],
  ['torch.storage', 'UntypedStorage'],
  ['torch.storage', '_load_from_bytes'],
  ['torch', 'float32'],
  ['torch', 'Size'],
  ['argparse', 'Namespace'],
  ['_codecs', 'encode'],
  ['numpy', 'dtype'],
  ['numpy', 'ndarray'],
  ['numpy._core.multiarray', '_reconstruct'],
  ['numpy.core.multiarray', 'scalar'],
  ['builtins', 'set'],
  ['builtins', 'eval'],
  ['os', 'system'],
  ['__main__', 'x'],
];

/** Opcodes with arguments that may or may not fit where they come to stand. */
const OPCODES: readonly ((random: Random) => number[])[] = [
  () => [0x4e], // NONE
  () => [0x88], // NEWTRUE
  (random) => [0x4a, ...u32(Number(BigInt.asIntN(32, edge(random))))], // BININT
  (random) => [0x4b, random.integer(0, 255)], // BININT1
  (random) => long(edge(random)), // LONG1
  (random) => [0x47, ...u64(edge(random))], // BINFLOAT
  (random) => text(oneOf(['a', 'storage', '0', 'cpu', '__proto__', 'state_dict', ''], random)),
  (random) => [0x58, ...u32(Number(BigInt.asIntN(32, edge(random))))], // BINUNICODE of any length
  (random) => [0x43, 4, 1, 2, 3, random.integer(0, 255)], // SHORT_BINBYTES
  (random) => [0x8e, ...u64(edge(random))], // BINBYTES8 of any length
  () => [0x28], // MARK
  () => [0x29], // EMPTY_TUPLE
  () => [0x85], // TUPLE1
  () => [0x86], // TUPLE2
  () => [0x87], // TUPLE3
  () => [0x74], // TUPLE
  () => [0x5d], // EMPTY_LIST
  () => [0x7d], // EMPTY_DICT
  () => [0x8f], // EMPTY_SET
  () => [0x61], // APPEND
  () => [0x65], // APPENDS
  () => [0x90], // ADDITEMS
  () => [0x73], // SETITEM
  () => [0x75], // SETITEMS
  (random) => [0x71, random.integer(0, 3)], // BINPUT
  () => [0x94], // MEMOIZE
  (random) => [0x68, random.integer(0, 3)], // BINGET
  (random) => [0x6a, ...u32(Number(BigInt.asIntN(32, edge(random))))], // LONG_BINGET
  (random) => global(...oneOf(GLOBALS, random)),
  () => [0x93], // STACK_GLOBAL
  () => [0x52], // REDUCE
  () => [0x81], // NEWOBJ
  () => [0x62], // BUILD
  () => [0x51], // BINPERSID
  (random) => [0x95, ...u64(edge(random))], // FRAME
  (random) => [0x80, random.integer(0, 6)], // PROTO
  (random) => [random.integer(0, 255)],
];

function noise(random: Random, most: number): number[] {
  return Array.from({ length: random.integer(0, most) }, () => oneOf(OPCODES, random)(random)).flat();
}

/** The integer, or now and then an edge. */
function number(value: number, random: Random): number[] {
  return random.chance(0.02) ? long(BigInt.asIntN(64, edge(random))) : [0x4a, ...u32(value)];
}

const STORAGES = ['FloatStorage', 'FloatStorage', 'FloatStorage', 'FloatStorage', 'IntStorage', 'LongStorage', 'ByteStorage', 'BFloat16Storage'];

/** A tensor on storage '0' or '1', of 4 elements if nothing went wrong. */
function tensor(random: Random): number[] {
  const id = tuple(text('storage'), global('torch', oneOf(STORAGES, random)), text(oneOf(['0', '0', '1'], random)), text('cpu'), number(4, random), ...(random.chance(0.1) ? [[0x4e]] : []));
  const axes = random.integer(0, 3);
  const side = (): number[] => number(oneOf([0, 1, 1, 2], random), random);
  const sizes = Array.from({ length: axes }, side);
  const strides = Array.from({ length: random.chance(0.05) ? axes + 1 : axes }, side);
  return [...global('torch._utils', oneOf(['_rebuild_tensor_v2', '_rebuild_tensor_v2', '_rebuild_tensor'], random)), ...tuple([...id, 0x51], number(0, random), tuple(...sizes), tuple(...strides), [0x89], [0x4e]), 0x52];
}

/** numpy's array by _reconstruct and BUILD, of 4 numbers if nothing went wrong. */
function array(random: Random): number[] {
  const dtype = [...global('numpy', 'dtype'), ...tuple(text(oneOf(['f4', 'f4', 'f8', 'i8', 'u1', 'O8', 'V8'], random)), [0x89], [0x88]), 0x52, ...tuple([0x4b, 3], text(oneOf(['<', '>', '|'], random)), [0x4e], [0x4e], [0x4e], number(-1, random), number(-1, random), [0x4b, 0]), 0x62];
  const bytes = oneOf([16, 16, 32, 4, 0, 40], random);
  const data = random.chance(0.8) ? [0x43, bytes, ...Array.from({ length: bytes }, () => random.integer(0, 255))] : [0x5d];
  return [...global('numpy._core.multiarray', '_reconstruct'), ...tuple(global('numpy', 'ndarray'), [0x4b, 0, 0x85], [0x43, 1, 0x62]), 0x52, ...tuple([0x4b, 1], tuple(number(2, random), number(2, random)), dtype, [random.chance(0.5) ? 0x88 : 0x89], data), 0x62];
}

/** A pickled dict of tensors and arrays with noise in it. */
export function pickledDict(random: Random): number[] {
  const items = Array.from({ length: random.integer(0, 4) }, (_, index) => [...text(random.chance(0.05) ? 'state_dict' : `k${index}`), ...(random.chance(0.5) ? tensor(random) : array(random)), ...noise(random, random.chance(0.08) ? 3 : 0), 0x73]);
  return [0x80, 2, 0x7d, ...items.flat(), ...noise(random, random.chance(0.2) ? 12 : 0), 0x2e];
}

/** A NumPy array without axes that holds such a dict. */
export function pickledNpyObject(random: Random): number[] {
  const dict = pickledDict(random).slice(2, -1);
  const dtype = [...global('numpy', 'dtype'), ...tuple(text('O8'), [0x89], [0x88]), 0x52, ...tuple([0x4b, 3], text('|'), [0x4e], [0x4e], [0x4e], [0x4a, ...u32(-1)], [0x4a, ...u32(-1)], [0x4b, 63]), 0x62];
  return [0x80, 2, ...global('numpy._core.multiarray', '_reconstruct'), ...tuple(global('numpy', 'ndarray'), [0x4b, 0, 0x85], [0x43, 1, 0x62]), 0x52, ...tuple([0x4b, 1], [0x29], dtype, [0x89], [0x5d, ...dict, 0x61]), 0x62, 0x2e];
}

/** A legacy torch file around such a dict, with two storages of 16 bytes. */
export function legacyFile(random: Random): Uint8Array {
  const magic = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  const protocol = [0x80, 2, 0x4a, ...u32(1001), 0x2e];
  const system = [0x80, 2, 0x7d, ...text('little_endian'), 0x88, 0x73, 0x2e];
  const keys = [0x80, 2, 0x5d, ...text('0'), 0x61, ...(random.chance(0.5) ? [...text('1'), 0x61] : []), 0x2e];
  const storage = (): number[] => [...u64(random.chance(0.1) ? edge(random) : 4n), ...Array.from({ length: 16 }, () => random.integer(0, 255))];
  return Uint8Array.from([...magic, ...protocol, ...system, ...pickledDict(random), ...keys, ...storage(), ...storage()]);
}
