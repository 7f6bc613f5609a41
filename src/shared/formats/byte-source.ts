/** Bytes that are read by ranges, so that a file need never lie in memory whole. */
export interface ByteSource {
  readonly byteLength: number;
  /** Bytes `start` to before `end`; may be a view that must not be written to. RangeError when they reach outside. */
  read(start: number, end: number): Uint8Array;
}

/** Bytes in memory as a source; reads are views. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    byteLength: bytes.byteLength,
    read: (start, end) => {
      checkRange(start, end, bytes.byteLength);
      return bytes.subarray(start, end);
    },
  };
}

/** Several sources end to end. A read within one of them copies nothing. */
export function joinedSource(parts: readonly ByteSource[]): ByteSource {
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const read = (start: number, end: number): Uint8Array => {
    checkRange(start, end, byteLength);
    const pieces: { at: number; bytes: Uint8Array }[] = [];
    let partStart = 0;
    for (const part of parts) {
      const [from, until] = [Math.max(start, partStart), Math.min(end, partStart + part.byteLength)];
      if (from < until) pieces.push({ at: from - start, bytes: part.read(from - partStart, until - partStart) });
      partStart += part.byteLength;
    }
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) return only.bytes;
    const result = new Uint8Array(end - start);
    for (const { at, bytes } of pieces) result.set(bytes, at);
    return result;
  };
  return { byteLength, read };
}

/** Throws RangeError unless start..end lies within a source of this length. */
export function checkRange(start: number, end: number, byteLength: number): void {
  if (start < 0 || end < start || end > byteLength) throw new RangeError(`bytes ${start} to ${end} reach outside the ${byteLength} there are`);
}
