import type { ByteSource } from './byte-source.ts';
import { inflateRaw } from './inflate.ts';

const END_SIGNATURE = 0x06054b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const ZIP64_END_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_LIMIT = 0xffff;
/** Name, extra fields and comment included; torch and NumPy stay below 300. */
const CENTRAL_ENTRY_LIMIT = 4096;
const NARROW_MAXIMUM = 0xffffffff;
const ZIP64_EXTRA = 1;
const ENCRYPTED = 1;
const DEFLATED = 8;
/** No deflate stream is longer than this a packed byte. */
const DEFLATE_RATIO = 1032;

/** What is wrong with a zip, as the rest of a sentence that begins with the file's name. */
export class ZipFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ZipFault';
  }
}

export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  /** Unpacked. */
  readonly bytes: number;
  /** Where the packed bytes start in the file. */
  readonly start: number;
}

/**
 * Entries by name, in the directory's order. Goes by the central directory, since torch leaves the sizes in local headers 0; zip64
 * included. Entries that overlap, as in zip bombs, occur twice, are encrypted or packed otherwise than stored or deflated are faults.
 * @throws ZipFault
 */
export function zipEntries(source: ByteSource, entryLimit: number): Map<string, ZipEntry> {
  const directory = locateDirectory(source);
  if (directory.entries > entryLimit) throw new ZipFault(`holds ${directory.entries} entries; expected at most ${entryLimit}`);
  if (directory.bytes > directory.entries * CENTRAL_ENTRY_LIMIT) throw new ZipFault(`has a directory of ${directory.bytes} bytes for ${directory.entries} entries`);
  const bytes = read(source, directory.offset, directory.bytes, 'its directory');
  const listed = centralEntries(bytes, directory.entries);
  const result = new Map<string, ZipEntry>();
  for (const entry of listed) {
    if (result.has(entry.name)) throw new ZipFault(`holds "${entry.name}" twice`);
    result.set(entry.name, located(source, entry));
  }
  refuseOverlap(listed, result, directory.offset);
  return result;
}

/** An entry's bytes, unpacked, exactly as many as the directory says. `inflate` may be a faster one than the shared. */
export function unpackEntry(source: ByteSource, entry: ZipEntry, inflate: (packed: Uint8Array, bytes: number) => Uint8Array = inflateRaw): Uint8Array {
  const packed = read(source, entry.start, entry.packedBytes, `"${entry.name}"`);
  return entry.isDeflated ? inflate(packed, entry.bytes) : packed;
}

function read(source: ByteSource, start: number, length: number, what: string): Uint8Array {
  if (start + length > source.byteLength) throw new ZipFault(`${what} ends beyond the file`);
  return source.read(start, start + length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** zip64's lengths; beyond 2^53 no file is. */
function wideNumber(view: DataView, at: number): number {
  if (at + 8 > view.byteLength) throw new ZipFault('has a zip64 field that is cut off');
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipFault(`has a length of ${value.toString()}`);
  return Number(value);
}

interface Directory {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
}

function locateDirectory(source: ByteSource): Directory {
  const end = endRecord(source);
  const view = viewOf(source.read(end, end + END_BYTES));
  const entries = view.getUint16(10, true);
  const bytes = view.getUint32(12, true);
  const offset = view.getUint32(16, true);
  const wide = zip64Directory(source, end);
  if (wide === null && (view.getUint32(4, true) !== 0 || view.getUint16(8, true) !== entries))
    throw new ZipFault('its end record is not that of a whole zip');
  const directory = wide?.directory ?? { entries, offset, bytes };
  const agree = (narrow: number, maximum: number, value: number): boolean => narrow === value || narrow === maximum;
  if (!agree(entries, 0xffff, directory.entries) || !agree(offset, NARROW_MAXIMUM, directory.offset)) throw new ZipFault('its two end records differ');
  // Nothing may stand between the directory and what ends the zip.
  if (directory.offset + directory.bytes !== (wide?.start ?? end)) throw new ZipFault('its directory is not where it says');
  return directory;
}

function endRecord(source: ByteSource): number {
  const from = Math.max(0, source.byteLength - END_BYTES - COMMENT_LIMIT);
  const view = viewOf(source.read(from, source.byteLength));
  for (let at = view.byteLength - END_BYTES; at >= 0; at -= 1) {
    // The comment reaches to the end of the file; otherwise these four bytes only look like the record.
    if (view.getUint32(at, true) === END_SIGNATURE && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return from + at;
  }
  throw new ZipFault('does not end as a zip; the file is cut off');
}

/** The directory as zip64 tells it, and where its end record starts. torch writes one even where nothing needs it. */
function zip64Directory(source: ByteSource, end: number): { directory: Directory; start: number } | null {
  if (end < LOCATOR_BYTES) return null;
  const locator = viewOf(source.read(end - LOCATOR_BYTES, end));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR_SIGNATURE) return null;
  const start = wideNumber(locator, 8);
  const view = viewOf(read(source, start, ZIP64_END_BYTES, 'its zip64 end record'));
  if (view.getUint32(0, true) !== ZIP64_END_SIGNATURE) throw new ZipFault('its zip64 end record is not where it says');
  return { directory: { entries: wideNumber(view, 32), bytes: wideNumber(view, 40), offset: wideNumber(view, 48) }, start };
}

interface CentralEntry extends Omit<ZipEntry, 'start'> {
  readonly method: number;
  readonly localOffset: number;
}

function centralEntries(bytes: Uint8Array, count: number): CentralEntry[] {
  const view = viewOf(bytes);
  const entries: CentralEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL_SIGNATURE) throw new ZipFault('its directory is damaged');
    const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw new ZipFault('its directory is damaged');
    const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, nameEnd));
    entries.push(centralEntry(view, at, name, bytes.subarray(nameEnd, extraEnd)));
    at = next;
  }
  if (at !== bytes.length) throw new ZipFault('its directory is damaged');
  return entries;
}

function centralEntry(view: DataView, at: number, name: string, extra: Uint8Array): CentralEntry {
  if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw new ZipFault(`"${name}" is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== DEFLATED) throw new ZipFault(`"${name}" is packed by method ${method}; expected stored or deflated`);
  const narrow = { bytes: view.getUint32(at + 24, true), packedBytes: view.getUint32(at + 20, true), localOffset: view.getUint32(at + 42, true) };
  const { bytes, packedBytes, localOffset } = wideFields(extra, narrow);
  const isDeflated = method === DEFLATED;
  if (!isDeflated && packedBytes !== bytes) throw new ZipFault(`"${name}" has two sizes, ${bytes} and ${packedBytes}`);
  if (isDeflated && bytes > packedBytes * DEFLATE_RATIO) throw new ZipFault(`"${name}" says it unpacks ${packedBytes} bytes to ${bytes}, more than deflate can`);
  return { name, method, isDeflated, crc: view.getUint32(at + 16, true), packedBytes, bytes, localOffset };
}

/** zip64's extra field replaces, in this order, each value that did not fit 32 bits. */
function wideFields(extra: Uint8Array, narrow: Record<'bytes' | 'packedBytes' | 'localOffset', number>): typeof narrow {
  const wide = { ...narrow };
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64_EXTRA) continue;
    let field = at + 4;
    for (const key of ['bytes', 'packedBytes', 'localOffset'] as const) {
      if (narrow[key] !== NARROW_MAXIMUM) continue;
      wide[key] = wideNumber(view, field);
      field += 8;
    }
    break;
  }
  return wide;
}

function located(source: ByteSource, entry: CentralEntry): ZipEntry {
  const { name, isDeflated, crc, packedBytes, bytes, localOffset } = entry;
  const view = viewOf(read(source, localOffset, LOCAL_BYTES, `"${name}"`));
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw new ZipFault(`"${name}" is not where the directory says`);
  if (view.getUint16(8, true) !== entry.method) throw new ZipFault(`"${name}" is packed otherwise than the directory says`);
  const start = localOffset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + packedBytes > source.byteLength) throw new ZipFault(`"${name}" ends beyond the file`);
  return { name, isDeflated, crc, packedBytes, bytes, start };
}

function refuseOverlap(listed: readonly CentralEntry[], entries: ReadonlyMap<string, ZipEntry>, directoryOffset: number): void {
  const sorted = [...listed].sort((a, b) => a.localOffset - b.localOffset);
  let reached = 0;
  for (const { name, localOffset, packedBytes } of sorted) {
    if (localOffset < reached) throw new ZipFault(`"${name}" overlaps the entry before it`);
    reached = (entries.get(name)?.start ?? 0) + packedBytes;
  }
  if (reached > directoryOffset) throw new ZipFault('its last entry overlaps the directory');
}
