import { PenumbraError } from '../errors.ts';

/**
 * Run-length coding of byte planes: (varint run length, value) pairs, runs maximal, lengths LEB128.
 * A label plane of a few regions takes a few dozen bytes; the worst case takes two bytes a pixel.
 */

/** Appends unsigned LEB128 numbers and bytes to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`varint: expected a non-negative integer, got ${value}`);
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what a `ByteWriter` wrote. Anything off throws EDIT_MALFORMED. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  byte(): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) throw malformed(`the data ends at byte ${this.#offset}, inside a value`);
    this.#offset += 1;
    return value;
  }

  /** An unsigned LEB128 number of at most five bytes, not above `max`. */
  varint(what: string, max: number): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > max) throw malformed(`${what} is ${value}; expected at most ${max}`);
        return value;
      }
      scale *= 0x80;
    }
    throw malformed(`${what} is longer than five bytes`);
  }
}

export function malformed(fact: string): PenumbraError {
  return new PenumbraError('EDIT_MALFORMED', `The mask edit cannot be read: ${fact}.`, {
    remedy: 'Reload the image and paint the stroke again; nothing was saved.',
    details: { fact },
  });
}

/** Writes `values` as runs. */
export function writeRuns(writer: ByteWriter, values: Uint8Array): void {
  let start = 0;
  while (start < values.length) {
    const value = values[start] ?? 0;
    let end = start + 1;
    while (end < values.length && values[end] === value) end += 1;
    writer.varint(end - start);
    writer.byte(value);
    start = end;
  }
}

/** Reads runs that cover exactly `length` values; EDIT_MALFORMED otherwise. */
export function readRuns(reader: ByteReader, length: number): Uint8Array {
  const values = new Uint8Array(length);
  let start = 0;
  while (start < length) {
    const run = reader.varint('a run length', length - start);
    if (run === 0) throw malformed('a run of length 0');
    values.fill(reader.byte(), start, start + run);
    start += run;
  }
  return values;
}

/** `values` as run-length bytes. */
export function encodeRle(values: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writeRuns(writer, values);
  return writer.finish();
}

/** The inverse of `encodeRle`; `length` bounds the memory taken. Throws EDIT_MALFORMED. */
export function decodeRle(bytes: Uint8Array, length: number): Uint8Array {
  const reader = new ByteReader(bytes);
  const values = readRuns(reader, length);
  if (reader.remaining > 0) throw malformed(`${reader.remaining} bytes follow the last run`);
  return values;
}
