import { bytesSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from '../malformed.ts';
import { ByteReader } from '../pickle/byte-reader.ts';
import { unpickle, type Unpickled } from '../pickle/unpickler.ts';
import { describe, isKind, type PickleValue, type StorageReference } from '../pickle/values.ts';
import { STORED_BYTES } from '../stored-type.ts';
import { INLINE_LIMIT_BYTES, type ByteRange, type TorchContent } from './content.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** PROTO 2, LONG1 of 10 bytes, the magic number's bytes, STOP. */
const MAGIC_PICKLE = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** @param head the first bytes of a file */
export function isLegacy(head: Uint8Array): boolean {
  return MAGIC_PICKLE.every((byte, i) => head[i] === byte);
}

/** torch before 1.6: five pickles in a row, then each storage as a count and its elements (networks-formats.md §3.2). */
export function readLegacy(source: ByteSource, file: string): TorchContent {
  let position = 0;
  const next = (): Unpickled => {
    const read = unpickle(source, position, { file, inlineLimitBytes: INLINE_LIMIT_BYTES, loadStorage: null });
    position = read.end;
    return read;
  };
  const magic = next().value;
  if (magic !== MAGIC) throw malformed(file, `has the magic number ${describe(magic)}`);
  const protocol = next().value;
  if (protocol !== PROTOCOL)
    throw malformed(file, `has torch protocol ${describe(protocol)}; expected ${PROTOCOL}`, {
      expected: PROTOCOL,
      found: describe(protocol),
    });
  const system = next().value;
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    throw malformed(file, 'was written on a big-endian machine; only little-endian files are read');
  const { value, storages: types } = next();
  const keys = next().value;
  if (!Array.isArray(keys)) throw malformed(file, `lists its storages as ${describe(keys)}; expected a list`);
  return { format: 'PyTorch (legacy)', value, storages: storages(source, position, keys, types, file) };
}

/** The one storage in a torch file within a NumPy file (networks-formats.md §3.6). */
export function readNestedStorage(bytes: Uint8Array, file: string): StorageReference {
  const { value, storages: held } = readLegacy(bytesSource(bytes), file);
  const range = isKind(value, 'storage') ? held.get(value.key) : undefined;
  if (!isKind(value, 'storage') || range === undefined) throw malformed(file, `a torch file within it holds ${describe(value)}; expected one storage`);
  return { ...value, inline: range.source.read(range.start, range.end) };
}

function storages(
  source: ByteSource,
  start: number,
  keys: readonly PickleValue[],
  types: ReadonlyMap<string, StorageReference>,
  file: string,
): Map<string, ByteRange> {
  const reader = new ByteReader(source, start, file);
  const result = new Map<string, ByteRange>();
  for (const key of keys) {
    const storage = typeof key === 'string' ? types.get(key) : undefined;
    if (typeof key !== 'string' || storage === undefined)
      throw malformed(file, `lists the storage ${describe(key)}, which nothing refers to`);
    const length = reader.uint64();
    if (length !== storage.length) {
      throw malformed(file, `storage "${key}" has ${length} elements; expected ${storage.length}`, {
        key,
        expected: storage.length,
        found: length,
      });
    }
    const from = reader.position;
    reader.skip(length * (storage.type === null ? 1 : STORED_BYTES[storage.type]));
    result.set(key, { source, start: from, end: reader.position });
  }
  return result;
}
