import { PenumbraError } from '../errors.ts';
import { bytesSource } from './byte-source.ts';
import { crc32 } from './crc32.ts';
import { decodeNpy, type NpyArray } from './npy.ts';
import { unpackEntry, zipEntries } from './zip.ts';

/** NumPy's .npz: a zip of .npy files, stored or deflated. Written by ml/formats. */
const MAX_ENTRIES = 64;

/** The arrays of .npz bytes; ARTIFACT_DAMAGED naming `what` on any fault. At most `maxBytes` are unpacked, each array read by `decode`. */
export function decodeNpz(bytes: Uint8Array, what: string, maxBytes: number): ReadonlyMap<string, NpyArray>;
export function decodeNpz<Decoded>(bytes: Uint8Array, what: string, maxBytes: number, decode: (bytes: Uint8Array, what: string) => Decoded): ReadonlyMap<string, Decoded>;
export function decodeNpz(bytes: Uint8Array, what: string, maxBytes: number, decode: (bytes: Uint8Array, what: string) => unknown = decodeNpy): ReadonlyMap<string, unknown> {
  const arrays = new Map<string, unknown>();
  const source = bytesSource(bytes);
  try {
    let unpacked = 0;
    for (const entry of zipEntries(source, MAX_ENTRIES).values()) {
      if (!entry.name.endsWith('.npy')) throw new Error(`it holds ${entry.name}; expected .npy files only`);
      unpacked += entry.bytes;
      if (unpacked > maxBytes) throw new Error(`it unpacks to more than ${maxBytes} bytes`);
      const plain = unpackEntry(source, entry);
      if (crc32(plain) !== entry.crc) throw new Error(`${entry.name} has the wrong checksum`);
      const key = entry.name.slice(0, -'.npy'.length);
      arrays.set(key, decode(plain, `${what} (${key})`));
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
