import { inflateRawSync } from 'node:zlib';
import { checkRange, type ByteSource } from '#shared/formats/byte-source.ts';
import { inflateStart } from '#shared/formats/inflate.ts';
import { unpackEntry, zipEntries, ZipFault, type ZipEntry } from '#shared/formats/zip.ts';
import { malformed } from '../malformed.ts';

const ENTRY_LIMIT = 200_000;
/** No byte is packed to more than 15 bits, beside what stands before a block. */
const LONGEST_CODES = 2;
const BLOCK_HEADERS_BYTES = 4096;

/** The entries of a zip of weights. @throws PenumbraError WEIGHTS_MALFORMED */
export function entriesOf(source: ByteSource, file: string): Map<string, ZipEntry> {
  return refusing(file, () => zipEntries(source, ENTRY_LIMIT));
}

/** @throws PenumbraError WEIGHTS_MALFORMED */
export function entryBytes(source: ByteSource, entry: ZipEntry, file: string): Uint8Array {
  return refusing(file, () => unpackEntry(source, entry, inflated));
}

/**
 * An entry's unpacked bytes by ranges. Of a deflated one, all that comes before a range's end is unpacked for it: for headers, and for what is read whole.
 * Reads throw PenumbraError WEIGHTS_MALFORMED.
 */
export function entrySource(source: ByteSource, entry: ZipEntry, file: string): ByteSource {
  const { start: offset, bytes: byteLength, packedBytes } = entry;
  if (!entry.isDeflated) return { byteLength, read: (start, end) => source.read(offset + start, offset + end) };
  const unpackedTo = (end: number): Uint8Array => {
    if (end === byteLength) return entryBytes(source, entry, file);
    const packed = source.read(offset, offset + Math.min(packedBytes, LONGEST_CODES * end + BLOCK_HEADERS_BYTES));
    return refusing(file, () => {
      try {
        return inflateStart(packed, end);
      } catch (cause) {
        throw new ZipFault(`has "${entry.name}" that does not unpack: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    });
  };
  return {
    byteLength,
    read: (start, end) => {
      checkRange(start, end, byteLength);
      return unpackedTo(end).subarray(start);
    },
  };
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
