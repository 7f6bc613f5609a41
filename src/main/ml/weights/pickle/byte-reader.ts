import { malformed } from '../malformed.ts';

const LINE_LIMIT = 256;

/** Reads numbers and text off a file, and refuses to go past its end. Little-endian unless said otherwise. */
export class ByteReader {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(bytes: Uint8Array, start: number, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.position = start;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A length or offset; beyond 2^53 it is refused, since no file is that long. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw malformed(this.#file, `a length of ${value.toString()} at byte ${this.position - 8}`);
    return Number(value);
  }

  float64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** Two's complement of this many bytes. */
  long(length: number): bigint {
    const start = this.#advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(this.#view.getUint8(start + i));
    return BigInt.asIntN(length * 8, value);
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(length: number): string {
    const at = this.position;
    try {
      return this.#decoder.decode(this.bytes(length));
    } catch (thrown) {
      if (thrown instanceof TypeError) throw malformed(this.#file, `text at byte ${at} is not UTF-8`, { offset: at });
      throw thrown;
    }
  }

  /** Text up to a line feed, which is consumed. */
  line(): string {
    const end = this.#bytes.subarray(this.position, this.position + LINE_LIMIT).indexOf(0x0a);
    if (end < 0)
      throw malformed(this.#file, `a name at byte ${this.position} does not end within ${LINE_LIMIT} bytes`, { offset: this.position });
    const line = this.text(end);
    this.position += 1;
    return line;
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.#bytes.byteLength - start) {
      throw malformed(
        this.#file,
        `ends at byte ${this.#bytes.byteLength}, ${length} more were expected at byte ${start}; the file is cut off`,
        {
          expected: start + length,
          found: this.#bytes.byteLength,
        },
      );
    }
    this.position = start + length;
    return start;
  }
}
