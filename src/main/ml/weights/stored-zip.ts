import { malformed } from './malformed.ts';
import { ByteReader } from './pickle/byte-reader.ts';

const END_SIGNATURE = 0x06054b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const COMMENT_LIMIT = 0xffff;
const ENTRY_LIMIT = 1_000_000;
const NARROW_MAXIMUM = 0xffffffff;

interface CentralEntry {
  readonly name: string;
  readonly bytes: number;
  readonly localOffset: number;
}

/**
 * Entries of a zip whose files are all stored, not compressed, by name; views on `bytes`. Goes by the central directory, since torch leaves
 * the sizes in local headers 0; zip64 included.
 * @throws PenumbraError WEIGHTS_MALFORMED
 */
export function storedEntries(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  const directory = locateDirectory(bytes, file);
  const reader = new ByteReader(bytes, directory.offset, file);
  const result = new Map<string, Uint8Array>();
  for (let i = 0; i < directory.entries; i += 1) {
    const entry = centralEntry(reader, file);
    if (result.has(entry.name)) throw malformed(file, `the zip holds "${entry.name}" twice`, { entry: entry.name });
    result.set(entry.name, entryBytes(bytes, entry, file));
  }
  return result;
}

function locateDirectory(bytes: Uint8Array, file: string): { offset: number; entries: number } {
  const end = endRecord(bytes, file);
  const reader = new ByteReader(bytes, end + 10, file);
  const entries = reader.uint16();
  reader.uint32(); // size of the directory
  const offset = reader.uint32();
  if (entries !== 0xffff && offset !== NARROW_MAXIMUM) return { offset, entries };
  const locator = new ByteReader(bytes, Math.max(end - LOCATOR_BYTES, 0), file);
  if (locator.uint32() !== ZIP64_LOCATOR_SIGNATURE) return { offset, entries };
  locator.uint32(); // disk
  const wide = new ByteReader(bytes, locator.uint64(), file);
  if (wide.uint32() !== ZIP64_END_SIGNATURE) throw malformed(file, 'the zip64 end record is not where the zip says');
  wide.bytes(28); // sizes, versions, disks, entries on this disk
  const count = wide.uint64();
  wide.uint64(); // size of the directory
  if (count > ENTRY_LIMIT)
    throw malformed(file, `the zip says it holds ${count} entries; at most ${ENTRY_LIMIT} are read`, {
      found: count,
      expected: ENTRY_LIMIT,
    });
  return { offset: wide.uint64(), entries: count };
}

function endRecord(bytes: Uint8Array, file: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lowest = Math.max(0, bytes.byteLength - END_BYTES - COMMENT_LIMIT);
  for (let at = bytes.byteLength - END_BYTES; at >= lowest; at -= 1) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw malformed(file, 'is a zip without its end; the file is cut off');
}

function centralEntry(reader: ByteReader, file: string): CentralEntry {
  if (reader.uint32() !== CENTRAL_SIGNATURE) throw malformed(file, `the zip's directory is broken at byte ${reader.position - 4}`);
  reader.bytes(6); // versions, flags
  const method = reader.uint16();
  reader.bytes(8); // time, date, checksum
  const compressed = reader.uint32();
  const plain = reader.uint32();
  const nameLength = reader.uint16();
  const extraLength = reader.uint16();
  const commentLength = reader.uint16();
  reader.bytes(8); // disk, attributes
  const offset = reader.uint32();
  const name = reader.text(nameLength);
  const wide = wideFields(reader.bytes(extraLength), { plain, compressed, offset }, file);
  reader.bytes(commentLength);
  if (method !== 0)
    throw malformed(file, `the zip's entry "${name}" is compressed; torch stores them plain`, { entry: name, found: method, expected: 0 });
  if (wide.plain !== wide.compressed)
    throw malformed(file, `the zip's entry "${name}" has two sizes, ${wide.plain} and ${wide.compressed}`, { entry: name });
  return { name, bytes: wide.plain, localOffset: wide.offset };
}

/** zip64's extra field replaces, in this order, each value that did not fit 32 bits. */
function wideFields(extra: Uint8Array, narrow: Record<'plain' | 'compressed' | 'offset', number>, file: string): typeof narrow {
  const wide = { ...narrow };
  const reader = new ByteReader(extra, 0, file);
  while (reader.position + 4 <= extra.byteLength) {
    const id = reader.uint16();
    const body = new ByteReader(reader.bytes(reader.uint16()), 0, file);
    if (id !== 1) continue;
    for (const field of ['plain', 'compressed', 'offset'] as const) {
      if (narrow[field] === NARROW_MAXIMUM) wide[field] = body.uint64();
    }
  }
  return wide;
}

function entryBytes(bytes: Uint8Array, entry: CentralEntry, file: string): Uint8Array {
  const reader = new ByteReader(bytes, entry.localOffset, file);
  if (reader.uint32() !== LOCAL_SIGNATURE)
    throw malformed(file, `the zip's entry "${entry.name}" is not where the directory says`, { entry: entry.name });
  reader.bytes(22);
  const nameLength = reader.uint16();
  reader.bytes(reader.uint16() + nameLength);
  return reader.bytes(entry.bytes);
}
