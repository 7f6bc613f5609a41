import { malformed } from './malformed.ts';
import { ByteReader } from './pickle/byte-reader.ts';
import { unpickle } from './pickle/unpickler.ts';
import { describe, isKind, type PickleValue, type StorageReference } from './pickle/values.ts';
import type { TorchContent } from './torch-content.ts';
import { STORED_BYTES } from './weights-file.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** PROTO 2, LONG1 of 10 bytes, the magic number's bytes, STOP. */
const MAGIC_PICKLE = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

export function isLegacy(bytes: Uint8Array): boolean {
  return MAGIC_PICKLE.every((byte, i) => bytes[i] === byte);
}

/** torch before 1.6: five pickles in a row, then each storage as a count and its elements (networks-formats.md §3.2). */
export function readLegacy(bytes: Uint8Array, file: string): TorchContent {
  let position = 0;
  const next = (): PickleValue => {
    const { value, end } = unpickle(bytes, position, file);
    position = end;
    return value;
  };
  const magic = next();
  if (magic !== MAGIC) throw malformed(file, `has the magic number ${describe(magic)}`);
  const protocol = next();
  if (protocol !== PROTOCOL)
    throw malformed(file, `has torch protocol ${describe(protocol)}; expected ${PROTOCOL}`, {
      expected: PROTOCOL,
      found: describe(protocol),
    });
  const system = next();
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    throw malformed(file, 'was written on a big-endian machine; only little-endian files are read');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw malformed(file, `lists its storages as ${describe(keys)}; expected a list`);
  return { value, storages: storages(bytes, position, keys, storageTypes(value), file) };
}

/** Storages that the object refers to, by key. Walks containers without recursion, each once. */
function storageTypes(root: PickleValue): Map<string, StorageReference> {
  const found = new Map<string, StorageReference>();
  const seen = new Set<PickleValue>();
  const queue: PickleValue[] = [root];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) for (const item of value.values()) queue.push(item);
    else if (Array.isArray(value)) for (const item of value) queue.push(item);
    else if (isKind(value, 'tuple')) for (const item of value.items) queue.push(item);
    else if (isKind(value, 'tensor')) found.set(value.storage.key, value.storage);
    else if (isKind(value, 'storage')) found.set(value.key, value);
  }
  return found;
}

function storages(
  bytes: Uint8Array,
  start: number,
  keys: readonly PickleValue[],
  types: ReadonlyMap<string, StorageReference>,
  file: string,
): Map<string, Uint8Array> {
  const reader = new ByteReader(bytes, start, file);
  const result = new Map<string, Uint8Array>();
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
    result.set(key, reader.bytes(length * STORED_BYTES[storage.type]));
  }
  return result;
}
