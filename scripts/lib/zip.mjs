/**
 * Reads zip archives (wheels) through the central directory, with zip64, and inflates single entries to disk.
 * Sizes and ratios are bounded before and while inflating; names that would leave the target folder are refused.
 */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { SetupError } from './errors.mjs';

/**
 * @typedef {{ name: string, method: number, crc32: number, compressedBytes: number, bytes: number, headerOffset: number,
 *   mode: number }} ZipEntry
 */

const MAX_ENTRIES = 200_000;
const MAX_ENTRY_BYTES = 8 * 2 ** 30;
/** Native libraries shrink to a fifth, sparse tables to a fiftieth. */
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 2 ** 20;
const CHUNK_BYTES = 2 ** 20;

const END_SIGNATURE = 0x06054b50;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const END64_SIGNATURE = 0x06064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;

/** @param {string} file @param {string} why */
function damaged(file, why) {
  return new SetupError('ARCHIVE_DAMAGED', `${file} is not a readable zip archive: ${why}.`, 'Delete that file and run the command again.');
}

/**
 * Position of the central directory.
 * @param {import('node:fs/promises').FileHandle} handle
 * @param {number} fileBytes
 * @param {string} file
 */
async function findDirectory(handle, fileBytes, file) {
  const tail = Buffer.alloc(Math.min(fileBytes, 65_557));
  await handle.read(tail, 0, tail.length, fileBytes - tail.length);
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END_SIGNATURE) at -= 1;
  if (at < 0) throw damaged(file, 'no end record, as if cut off');
  let entries = tail.readUInt16LE(at + 10);
  let bytes = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  if (entries === 0xffff || bytes === 0xffffffff || offset === 0xffffffff) {
    const locator = at - 20;
    if (locator < 0 || tail.readUInt32LE(locator) !== END64_LOCATOR_SIGNATURE) throw damaged(file, 'zip64 locator missing');
    const end64 = Buffer.alloc(56);
    await handle.read(end64, 0, 56, Number(tail.readBigUInt64LE(locator + 8)));
    if (end64.readUInt32LE(0) !== END64_SIGNATURE) throw damaged(file, 'zip64 end record missing');
    entries = Number(end64.readBigUInt64LE(32));
    bytes = Number(end64.readBigUInt64LE(40));
    offset = Number(end64.readBigUInt64LE(48));
  }
  if (entries > MAX_ENTRIES) throw damaged(file, `${entries} entries, at most ${MAX_ENTRIES} expected`);
  if (offset + bytes > fileBytes) throw damaged(file, 'central directory outside the file');
  return { entries, bytes, offset };
}

/**
 * Values of the zip64 extra field, in the order the format fixes: only those whose 32-bit field is full are present.
 * @param {Buffer} extra
 * @param {[number, number, number]} narrow bytes, compressedBytes, headerOffset
 * @returns {[number, number, number]}
 */
function widen(extra, narrow) {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let value = at + 4;
    const wide = narrow.map((field) => {
      if (field !== 0xffffffff) return field;
      value += 8;
      return Number(extra.readBigUInt64LE(value - 8));
    });
    return /** @type {[number, number, number]} */ (wide);
  }
  return narrow;
}

/**
 * Lists an archive.
 * @param {string} file
 * @returns {Promise<ZipEntry[]>}
 */
export async function readZip(file) {
  const handle = await open(file, 'r');
  try {
    const directory = await findDirectory(handle, (await handle.stat()).size, file);
    const table = Buffer.alloc(directory.bytes);
    await handle.read(table, 0, table.length, directory.offset);
    /** @type {ZipEntry[]} */
    const entries = [];
    let at = 0;
    for (let index = 0; index < directory.entries; index += 1) {
      if (at + 46 > table.length || table.readUInt32LE(at) !== CENTRAL_SIGNATURE)
        throw damaged(file, `entry ${index} of its directory is malformed`);
      const nameBytes = table.readUInt16LE(at + 28);
      const extraBytes = table.readUInt16LE(at + 30);
      const name = table.toString('utf8', at + 46, at + 46 + nameBytes);
      const extra = table.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
      const [bytes, compressedBytes, headerOffset] = widen(extra, [
        table.readUInt32LE(at + 24),
        table.readUInt32LE(at + 20),
        table.readUInt32LE(at + 42),
      ]);
      entries.push({
        name,
        method: table.readUInt16LE(at + 10),
        crc32: table.readUInt32LE(at + 16),
        compressedBytes,
        bytes,
        headerOffset,
        mode: (table.readUInt32LE(at + 38) >>> 16) & 0o777,
      });
      at += 46 + nameBytes + extraBytes + table.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    await handle.close();
  }
}

/** Counts bytes against the declared size, so that a lying entry stops at once, and sums the CRC where this Node can. */
function gauge(/** @type {ZipEntry} */ entry, /** @type {string} */ file, /** @type {(bytes: number) => void} */ onBytes) {
  let seen = 0;
  let crc = 0;
  // zlib.crc32 came with Node 20.15; the archive's own hash was checked before anyway.
  const crc32 = 'crc32' in zlib ? zlib.crc32 : null;
  return new Transform({
    transform(/** @type {Buffer} */ chunk, _encoding, done) {
      seen += chunk.length;
      if (seen > entry.bytes) {
        done(damaged(file, `${entry.name} inflates beyond its ${entry.bytes} bytes`));
        return;
      }
      if (crc32 !== null) crc = crc32(chunk, crc);
      onBytes(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      if (seen !== entry.bytes) done(damaged(file, `${entry.name} has ${seen} bytes, expected ${entry.bytes}`));
      else if (crc32 !== null && crc !== entry.crc32) done(damaged(file, `${entry.name} fails its checksum`));
      else done();
    },
  });
}

/**
 * Inflates one entry to `join(targetDir, entry.name)` and flushes it to the disk.
 * @param {string} file the archive
 * @param {ZipEntry} entry
 * @param {string} targetDir
 * @param {(bytes: number) => void} [onBytes] called with the size of each inflated chunk
 * @returns {Promise<string>} path written
 */
export async function extractEntry(file, entry, targetDir, onBytes = () => undefined) {
  const parts = entry.name.split('/');
  if (
    entry.name.startsWith('/') ||
    entry.name.includes('\\') ||
    entry.name.includes('\0') ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw damaged(file, `the entry name ${JSON.stringify(entry.name)} would leave the target folder`);
  }
  if (entry.bytes > MAX_ENTRY_BYTES || (entry.bytes > RATIO_FREE_BYTES && entry.bytes > entry.compressedBytes * MAX_RATIO)) {
    throw damaged(file, `${entry.name} claims ${entry.bytes} bytes out of ${entry.compressedBytes}, which is beyond the limits`);
  }
  if (entry.method !== 0 && entry.method !== 8)
    throw damaged(file, `${entry.name} uses compression method ${entry.method}; expected 0 or 8`);
  const handle = await open(file, 'r');
  const local = Buffer.alloc(30);
  try {
    await handle.read(local, 0, 30, entry.headerOffset);
  } finally {
    await handle.close();
  }
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw damaged(file, `${entry.name} has no local header`);
  const start = entry.headerOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);

  const target = join(targetDir, entry.name);
  mkdirSync(dirname(target), { recursive: true });
  // `end` is inclusive, so an empty entry has to read nothing in another way.
  const compressed =
    entry.compressedBytes === 0
      ? createReadStream('/dev/null')
      : createReadStream(file, { start, end: start + entry.compressedBytes - 1, highWaterMark: CHUNK_BYTES });
  const out = createWriteStream(target, { flags: 'wx', mode: (entry.mode & 0o111) === 0 ? 0o644 : 0o755, flush: true });
  const measured = gauge(entry, file, onBytes);
  try {
    if (entry.method === 0) await pipeline(compressed, measured, out);
    else await pipeline(compressed, zlib.createInflateRaw({ chunkSize: CHUNK_BYTES }), measured, out);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && thrown.code.startsWith('Z_')) {
      throw damaged(file, `${entry.name} does not inflate (${thrown.code})`);
    }
    throw thrown;
  }
  return target;
}
