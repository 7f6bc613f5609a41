import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from '../malformed.ts';
import { ByteReader } from '../pickle/byte-reader.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import { StoredTensor, type WeightsFile } from '../weights-file.ts';

/** Start of a list of arrays, and of one array (networks-formats.md §1.2; apache/mxnet src/ndarray/ndarray.cc). */
const LIST_MAGIC = 0x112;
const V1_MAGIC = 0xf993fac8;
const V2_MAGIC = 0xf993fac9;
/** As V2, written where NumPy's shapes were switched on. */
const V3_MAGIC = 0xf993faca;
const DENSE_STORAGE = 0;
const MAX_AXES = 32;
const ARRAY_LIMIT = 1_000_000;
const NAME_LIMIT_BYTES = 4096;

/** By mshadow's type flags. */
const TYPES: ReadonlyMap<number, StoredType> = new Map([
  [0, 'F32'],
  [1, 'F64'],
  [2, 'F16'],
  [3, 'U8'],
  [4, 'I32'],
  [5, 'I8'],
  [6, 'I64'],
  [7, 'BOOL'],
  [12, 'BF16'],
]);

export function isMxnet(head: Uint8Array): boolean {
  return head.length >= 16 && head.subarray(0, 16).every((byte, index) => byte === (index === 0 ? 0x12 : index === 1 ? 0x01 : 0));
}

/**
 * MXNet's `.params`: arrays, then their names, of which the prefixes `arg:` and `aux:` are dropped. No array is read yet.
 * @throws PenumbraError WEIGHTS_MALFORMED
 */
export function openMxnet(source: ByteSource, file: string): WeightsFile {
  const reader = new ByteReader(source, 0, file);
  const magic = reader.uint64();
  if (magic !== LIST_MAGIC) throw malformed(file, `starts with ${magic}; an MXNet file starts with ${LIST_MAGIC}`, { expected: LIST_MAGIC, found: magic });
  reader.uint64(); // reserved
  const count = limited(reader.uint64(), 'arrays', file);
  const arrays: Layout[] = [];
  for (let index = 0; index < count; index += 1) arrays.push(layout(reader, index, file));
  const names = limited(reader.uint64(), 'names', file);
  if (names !== count) throw malformed(file, `holds ${count} arrays and ${names} names; expected as many`, { expected: count, found: names });
  const tensors = new Map<string, StoredTensor>();
  for (const { type, shape, start, end } of arrays) {
    const key = nameOf(reader, file);
    if (tensors.has(key)) throw malformed(file, `names two arrays "${key}"`, { key });
    tensors.set(key, new StoredTensor({ file, key, type, shape }, () => source.read(start, end)));
  }
  if (reader.position !== source.byteLength)
    throw malformed(file, `goes on for ${source.byteLength - reader.position} bytes after its names`, { expected: reader.position, found: source.byteLength });
  return { format: 'MXNet params', tensors, metadata: new Map(), others: new Map() };
}

interface Layout {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

function limited(count: number, what: string, file: string): number {
  if (count > ARRAY_LIMIT) throw malformed(file, `says it holds ${count} ${what}; at most ${ARRAY_LIMIT} are read`, { found: count, expected: ARRAY_LIMIT });
  return count;
}

function layout(reader: ByteReader, index: number, file: string): Layout {
  const shape = shapeOf(reader, index, file);
  reader.int32(); // kind of device
  reader.int32(); // number of the device
  const flag = reader.int32();
  const type = TYPES.get(flag);
  if (type === undefined) throw malformed(file, `array ${index} has the type ${flag}; expected one of ${[...TYPES.keys()].join(', ')}`, { array: index, found: flag });
  const start = reader.position;
  reader.skip(elementCount(shape) * STORED_BYTES[type]);
  return { type, shape, start, end: reader.position };
}

function shapeOf(reader: ByteReader, index: number, file: string): number[] {
  const magic = reader.uint32();
  const isOldest = magic !== V1_MAGIC && magic !== V2_MAGIC && magic !== V3_MAGIC;
  if (magic === V2_MAGIC || magic === V3_MAGIC) {
    const storage = reader.int32();
    if (storage !== DENSE_STORAGE) throw malformed(file, `array ${index} is stored as kind ${storage}; only dense arrays (0) are read`, { array: index, found: storage });
  }
  // Before there were magic numbers, this was the count of axes.
  const axes = isOldest ? magic : reader.uint32();
  // An array without axes is MXNet's "none", of which nothing follows.
  if (axes === 0 || axes > MAX_AXES) throw malformed(file, `array ${index} has ${axes} axes; expected 1 to ${MAX_AXES}`, { array: index, found: axes });
  return Array.from({ length: axes }, () => (isOldest ? reader.uint32() : reader.uint64()));
}

function nameOf(reader: ByteReader, file: string): string {
  const length = reader.uint64();
  if (length > NAME_LIMIT_BYTES) throw malformed(file, `has a name of ${length} bytes; at most ${NAME_LIMIT_BYTES} are read`, { found: length, expected: NAME_LIMIT_BYTES });
  return reader.text(length).replace(/^(?:arg|aux):/, '');
}
