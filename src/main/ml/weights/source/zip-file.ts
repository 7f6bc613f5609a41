import { inflateRawSync } from 'node:zlib';
import type { ByteSource } from '#shared/formats/byte-source.ts';
import { unpackEntry, zipEntries, ZipFault, type ZipEntry } from '#shared/formats/zip.ts';
import { malformed } from '../malformed.ts';

const ENTRY_LIMIT = 200_000;

/** The entries of a zip of weights. @throws PenumbraError WEIGHTS_MALFORMED */
export function entriesOf(source: ByteSource, file: string): Map<string, ZipEntry> {
  return refusing(file, () => zipEntries(source, ENTRY_LIMIT));
}

/** @throws PenumbraError WEIGHTS_MALFORMED */
export function entryBytes(source: ByteSource, entry: ZipEntry, file: string): Uint8Array {
  return refusing(file, () => unpackEntry(source, entry, inflated));
}

function inflated(packed: Uint8Array, bytes: number): Uint8Array {
  let plain: Uint8Array;
  try {
    plain = inflateRawSync(packed, { maxOutputLength: Math.max(bytes, 1) });
  } catch (cause) {
    throw new ZipFault(`has an entry that does not unpack to the ${bytes} bytes it says: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (plain.byteLength !== bytes) throw new ZipFault(`has an entry that unpacks to ${plain.byteLength} bytes; expected ${bytes}`);
  return plain;
}

function refusing<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof ZipFault) throw malformed(file, `as a zip, ${cause.message}`);
    throw cause;
  }
}
