import { bytesSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from '../malformed.ts';

const LINE_LIMIT = 256;
/** Read ahead at once, so that a reader of small things does not ask the file for each. */
const WINDOW_BYTES = 65_536;

/** Reads numbers and text off a file, and refuses to go past its end. Little-endian unless said otherwise. */
export class ByteReader {
  position: number;
  readonly #source: ByteSource;
  readonly #file: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #windowStart = 0;
  #window: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(source: ByteSource | Uint8Array, start: number, file: string) {
    this.#source = source instanceof Uint8Array ? bytesSource(source) : source;
    this.#file = file;
    this.position = start;
  }

  byte(): number {
    const at = this.#advance(1);
    return this.#view.getUint8(at);
  }

  uint16(): number {
    const at = this.#advance(2);
    return this.#view.getUint16(at, true);
  }

  uint32(): number {
    const at = this.#advance(4);
    return this.#view.getUint32(at, true);
  }

  int32(): number {
    const at = this.#advance(4);
    return this.#view.getInt32(at, true);
  }

  /** A length or offset; beyond 2^53 it is refused, since no file is that long. */
  uint64(): number {
    const at = this.#advance(8);
    const value = this.#view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw malformed(this.#file, `a length of ${value.toString()} at byte ${this.position - 8}`);
    return Number(value);
  }

  float64BigEndian(): number {
    const at = this.#advance(8);
    return this.#view.getFloat64(at, false);
  }

  /** Two's complement of this many bytes. */
  long(length: number): bigint {
    const start = this.#advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(this.#view.getUint8(start + i));
    return BigInt.asIntN(length * 8, value);
  }

  /** May be a view. */
  bytes(length: number): Uint8Array {
    if (length > WINDOW_BYTES) {
      const start = this.position;
      this.skip(length);
      return this.#source.read(start, this.position);
    }
    const at = this.#advance(length);
    return this.#window.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#refuseBeyond(length);
    this.position += length;
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
    const start = this.position;
    const ahead = this.#source.read(Math.min(start, this.#source.byteLength), Math.min(start + LINE_LIMIT, this.#source.byteLength));
    const end = ahead.indexOf(0x0a);
    if (end < 0) throw malformed(this.#file, `a name at byte ${start} does not end within ${LINE_LIMIT} bytes`, { offset: start });
    const line = this.text(end);
    this.position += 1;
    return line;
  }

  #refuseBeyond(length: number): void {
    const start = this.position;
    const { byteLength } = this.#source;
    if (length > byteLength - start) {
      throw malformed(this.#file, `ends at byte ${byteLength}, ${length} more were expected at byte ${start}; the file is cut off`, {
        expected: start + length,
        found: byteLength,
      });
    }
  }

  /** Moves on and gives where the bytes lie in the window. Call it before touching the view, which it may replace. */
  #advance(length: number): number {
    const start = this.position;
    if (start < this.#windowStart || start + length > this.#windowStart + this.#window.byteLength) {
      this.#refuseBeyond(length);
      const end = Math.min(start + Math.max(length, WINDOW_BYTES), this.#source.byteLength);
      this.#window = this.#source.read(start, end);
      this.#windowStart = start;
      this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.byteLength);
    }
    this.position = start + length;
    return start - this.#windowStart;
  }
}
