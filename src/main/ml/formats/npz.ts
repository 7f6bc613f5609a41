import { crc32, deflateRawSync } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { PenumbraError } from '#shared/errors.ts';
import { decodeNpy, encodeNpy, type NpyArray } from './npy.ts';

/**
 * NumPy's .npz: a zip of .npy files. Written with fixed times, so that equal arrays give equal bytes.
 */
const MAX_ENTRIES = 64;
const DEFLATED = 8;
/** 1 January 1980, the first date that zip knows. */
const DOS_DATE = 0x0021;

/** Arrays by name as .npz bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const name = Buffer.from(`${key}.npy`, 'utf8');
    const plain = encodeNpy(array);
    const packed = deflateRawSync(plain);
    // Fields shared by the local and the central header: version 2.0, no flags, deflate, time, date, CRC, sizes, name, no extra.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt16LE(DOS_DATE, 8);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, name]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), common, rest, name]));
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

/** The arrays of .npz bytes; ARTIFACT_DAMAGED naming `what` on any fault. At most `maxBytes` are unpacked. */
export async function decodeNpz(bytes: Uint8Array, what: string, maxBytes: number): Promise<ReadonlyMap<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  try {
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (zip.entryCount > MAX_ENTRIES) throw new Error(`it holds ${zip.entryCount} entries; expected at most ${MAX_ENTRIES}`);
    let unpacked = 0;
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.npy')) throw new Error(`it holds ${entry.fileName}; expected .npy files only`);
      unpacked += entry.uncompressedSize;
      if (unpacked > maxBytes) throw new Error(`it unpacks to more than ${maxBytes} bytes`);
      const plain = await unpack(zip, entry);
      if (crc32(plain) !== entry.crc32) throw new Error(`${entry.fileName} has the wrong checksum`);
      const key = entry.fileName.slice(0, -'.npy'.length);
      if (arrays.has(key)) throw new Error(`${entry.fileName} occurs twice`);
      arrays.set(key, decodeNpy(plain, `${what} (${key})`));
    }
  } catch (cause) {
    if (cause instanceof PenumbraError) throw cause;
    const fact = cause instanceof Error ? cause.message : String(cause);
    throw new PenumbraError('ARTIFACT_DAMAGED', `${what} cannot be read as .npz: ${fact}`, {
      remedy: 'Make the artifact again, or import the file again from where it came.',
      details: { file: what, fact },
      cause,
    });
  }
  return arrays;
}

async function unpack(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // yauzl ends the stream with an error as soon as it is longer or shorter than the entry says.
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
