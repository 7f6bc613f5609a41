import { crc32, deflateRawSync } from 'node:zlib';

const DEFLATED = 8;
/** 1 January 1980, the first date that zip knows: equal contents give equal bytes. */
const DOS_DATE = 0x0021;
const NARROW_MAXIMUM = 0xffffffff;
const MAX_NARROW_ENTRIES = 0xffff;
/** crc32 takes no more at once. */
const CRC_STEP_BYTES = 2 ** 30;

export interface ZipContent {
  readonly name: string;
  /** The file in pieces; asked for once, when its turn comes. */
  pieces(): readonly Uint8Array[];
}

/** A zip in pieces, deflated or stored, zip64 where sizes need it. At most one file of it is in memory. */
export function* zipPieces(contents: Iterable<ZipContent>, options: { deflate: boolean }): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const content of contents) {
    const plain = content.pieces();
    const packed = options.deflate ? [deflateRawSync(Buffer.concat(plain))] : plain;
    const facts: EntryFacts = { name: content.name, crc: checksum(plain), bytes: total(plain), packedBytes: total(packed), offset, isDeflated: options.deflate };
    const local = localHeader(facts);
    directory.push(centralHeader(facts));
    yield local;
    yield* packed;
    offset += local.length + facts.packedBytes;
  }
  const central = Buffer.concat(directory);
  yield central;
  yield endRecords(directory.length, central.length, offset);
}

interface EntryFacts {
  readonly name: string;
  readonly crc: number;
  readonly bytes: number;
  readonly packedBytes: number;
  /** Of the local header. */
  readonly offset: number;
  readonly isDeflated: boolean;
}

function checksum(pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += CRC_STEP_BYTES) sum = crc32(piece.subarray(at, at + CRC_STEP_BYTES), sum);
  }
  return sum;
}

function total(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** Fields shared by the local and the central header: version, no flags, method, time, date, CRC, sizes, lengths of name and extra. */
function commonFields({ name, crc, bytes, packedBytes, isDeflated }: EntryFacts, extra: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(extra.length === 0 ? 20 : 45, 0);
  fields.writeUInt16LE(isDeflated ? DEFLATED : 0, 4);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(narrowed(packedBytes), 14);
  fields.writeUInt32LE(narrowed(bytes), 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  fields.writeUInt16LE(extra.length, 24);
  return fields;
}

function localHeader(facts: EntryFacts): Buffer {
  // A local header that has one wide size must have both.
  const isWide = facts.bytes >= NARROW_MAXIMUM || facts.packedBytes >= NARROW_MAXIMUM;
  const extra = isWide ? wideExtra([facts.bytes, facts.packedBytes]) : Buffer.alloc(0);
  const common = commonFields(isWide ? { ...facts, bytes: NARROW_MAXIMUM, packedBytes: NARROW_MAXIMUM } : facts, extra);
  return Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, Buffer.from(facts.name), extra]);
}

function centralHeader(facts: EntryFacts): Buffer {
  const wide = [facts.bytes, facts.packedBytes, facts.offset].filter((value) => value >= NARROW_MAXIMUM);
  const extra = wide.length > 0 ? wideExtra(wide) : Buffer.alloc(0);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(narrowed(facts.offset), 10);
  return Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, extra.length === 0 ? 20 : 45, 0]), commonFields(facts, extra), rest, Buffer.from(facts.name), extra]);
}

function wideExtra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, index) => extra.writeBigUInt64LE(BigInt(value), 4 + index * 8));
  return extra;
}

function narrowed(value: number): number {
  return Math.min(value, NARROW_MAXIMUM);
}

function endRecords(entries: number, directoryBytes: number, directoryOffset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, MAX_NARROW_ENTRIES), 8);
  end.writeUInt16LE(Math.min(entries, MAX_NARROW_ENTRIES), 10);
  end.writeUInt32LE(narrowed(directoryBytes), 12);
  end.writeUInt32LE(narrowed(directoryOffset), 16);
  if (entries < MAX_NARROW_ENTRIES && directoryOffset < NARROW_MAXIMUM && directoryBytes < NARROW_MAXIMUM) return end;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(45, 12);
  wide.writeUInt16LE(45, 14);
  wide.writeBigUInt64LE(BigInt(entries), 24);
  wide.writeBigUInt64LE(BigInt(entries), 32);
  wide.writeBigUInt64LE(BigInt(directoryBytes), 40);
  wide.writeBigUInt64LE(BigInt(directoryOffset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(directoryOffset + directoryBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, end]);
}
