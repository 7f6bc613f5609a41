import { PenumbraError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { inflateRaw } from './inflate.ts';
import { decodeNpy, type NpyArray } from './npy.ts';

/** NumPy's .npz: a zip of .npy files, stored or deflated. Written by ml/formats. */
const MAX_ENTRIES = 64;
const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localOffset: number;
}

/** The arrays of .npz bytes; ARTIFACT_DAMAGED naming `what` on any fault. At most `maxBytes` are unpacked. */
export function decodeNpz(bytes: Uint8Array, what: string, maxBytes: number): ReadonlyMap<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  try {
    let unpacked = 0;
    for (const entry of entriesOf(bytes)) {
      if (!entry.name.endsWith('.npy')) throw new Error(`it holds ${entry.name}; expected .npy files only`);
      unpacked += entry.bytes;
      if (unpacked > maxBytes) throw new Error(`it unpacks to more than ${maxBytes} bytes`);
      const plain = unpack(bytes, entry);
      if (crc32(plain) !== entry.crc) throw new Error(`${entry.name} has the wrong checksum`);
      const key = entry.name.slice(0, -'.npy'.length);
      if (arrays.has(key)) throw new Error(`${entry.name} occurs twice`);
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

/** By the central directory. Every read of the view is within the bytes, or throws RangeError. */
function entriesOf(bytes: Uint8Array): Entry[] {
  const view = viewOf(bytes);
  const end = bytes.length - END_BYTES;
  // No comment after the end record: neither NumPy nor Penumbra writes one.
  if (end < 0 || view.getUint32(end, true) !== END_SIGNATURE) throw new Error('it does not end as a zip');
  const count = view.getUint16(end + 10, true);
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count || view.getUint16(end + 20, true) !== 0) {
    throw new Error('its end record is not that of a whole zip');
  }
  if (count > MAX_ENTRIES) throw new Error(`it holds ${count} entries; expected at most ${MAX_ENTRIES}`);
  let at = view.getUint32(end + 16, true);
  if (at + view.getUint32(end + 12, true) !== end) throw new Error('its directory is not where it says');
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    if (view.getUint32(at, true) !== CENTRAL_SIGNATURE) throw new Error('its directory is damaged');
    if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw new Error('it is encrypted');
    const nameBytes = view.getUint16(at + 28, true);
    const next = at + CENTRAL_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw new Error('its directory is damaged');
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
      localOffset: view.getUint32(at + 42, true),
    });
    at = next;
  }
  if (at !== end) throw new Error('its directory is damaged');
  return entries;
}

function unpack(bytes: Uint8Array, entry: Entry): Uint8Array {
  const view = viewOf(bytes);
  const { localOffset: at } = entry;
  if (view.getUint32(at, true) !== LOCAL_SIGNATURE) throw new Error(`${entry.name} is not where the directory says`);
  if (view.getUint16(at + 8, true) !== entry.method) throw new Error(`${entry.name} is packed otherwise than the directory says`);
  const start = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + entry.packedBytes > bytes.length) throw new Error(`${entry.name} ends beyond the file`);
  const packed = bytes.subarray(start, start + entry.packedBytes);
  if (entry.method === DEFLATED) return inflateRaw(packed, entry.bytes);
  if (entry.method !== STORED) throw new Error(`${entry.name} is packed by method ${entry.method}; expected stored or deflated`);
  if (entry.packedBytes !== entry.bytes) throw new Error(`${entry.name} has another size than it says`);
  return packed;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
