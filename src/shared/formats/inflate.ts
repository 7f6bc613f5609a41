/**
 * Deflate (RFC 1951) undone, in plain code: score maps are read in the browser and in every process alike, and nothing there
 * offers it without waiting.
 */

/** Base length and extra bits of length codes 257..285 (RFC 1951 §3.2.5). */
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/** Order in which the lengths of code-length codes are sent (§3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const MAX_BITS = 15;

/** A canonical Huffman code: symbols ordered by code, and how many have each length. */
interface HuffmanCode {
  readonly counts: Uint16Array; // [MAX_BITS + 1]
  readonly symbols: Uint16Array;
}

/** Unpacks raw deflate data. Throws RangeError unless it is well formed and gives exactly `bytes` bytes. */
export function inflateRaw(packed: Uint8Array, bytes: number): Uint8Array {
  const output = new Uint8Array(bytes);
  const count = unpack(packed, output, bytes + 1);
  if (count > bytes) throw new RangeError('deflate: unpacks to more than it says');
  if (count !== bytes) throw new RangeError(`deflate: unpacked to ${count} bytes; expected ${bytes}`);
  return output;
}

/** The first `bytes` bytes alone; no more of the packed ones is read than they need. Throws RangeError where there are fewer, or that far anything is malformed. */
export function inflateStart(packed: Uint8Array, bytes: number): Uint8Array {
  const output = new Uint8Array(bytes);
  const count = unpack(packed, output, bytes);
  if (count < bytes) throw new RangeError(`deflate: unpacked to ${count} bytes; expected ${bytes}`);
  return output;
}

/** Unpacks until there are `enough` bytes, of which those beyond the output are let go. */
function unpack(packed: Uint8Array, output: Uint8Array, enough: number): number {
  const bits = new BitReader(packed);
  const target: Target = { output, enough };
  let at = 0;
  for (let last = false; !last && at < enough; ) {
    last = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) at = copyStored(bits, target, at);
    else if (kind === 1) at = readBlock(bits, FIXED.literals, FIXED.distances, target, at);
    else if (kind === 2) at = readDynamicBlock(bits, target, at);
    else throw new RangeError('deflate: block of an unknown kind');
  }
  return at;
}

interface Target {
  readonly output: Uint8Array;
  /** Blocks end early once this many bytes are there. */
  readonly enough: number;
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `count` (at most 16) bits, first bit lowest. */
  take(count: number): number {
    while (this.#count < count) {
      this.#held |= this.#byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** Drops what is left of the current byte; then whole bytes can be read. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new RangeError('deflate: ends inside a block');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** One symbol: codes come highest bit first, so they are walked bit by bit, length by length. */
  symbol({ counts, symbols }: HuffmanCode): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      if (this.#count === 0) {
        this.#held = this.#byte();
        this.#count = 8;
      }
      code |= this.#held & 1;
      this.#held >>>= 1;
      this.#count -= 1;
      const count = counts[length] ?? 0;
      if (code - count < first) return symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError('deflate: a code that stands for nothing');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('deflate: ends inside a block');
    return byte;
  }
}

/** Throws RangeError when more codes are claimed than there are; fewer are allowed, as RFC 1951 does for one distance. */
function huffman(lengths: ArrayLike<number>): HuffmanCode {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (let symbol = 0; symbol < lengths.length; symbol++) counts[lengths[symbol] ?? 0] = (counts[lengths[symbol] ?? 0] ?? 0) + 1;
  counts[0] = 0;
  const offsets = new Uint16Array(MAX_BITS + 2);
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) {
    left = (left << 1) - (counts[length] ?? 0);
    if (left < 0) throw new RangeError('deflate: codes that overlap');
    offsets[length + 1] = (offsets[length] ?? 0) + (counts[length] ?? 0);
  }
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0;
    if (length === 0) continue;
    const place = offsets[length] ?? 0;
    symbols[place] = symbol;
    offsets[length] = place + 1;
  }
  return { counts, symbols };
}

const FIXED = {
  literals: huffman(Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))),
  distances: huffman(new Uint8Array(30).fill(5)),
};

function copyStored(bits: BitReader, { output, enough }: Target, at: number): number {
  bits.align();
  const [low = 0, high = 0, notLow = 0, notHigh = 0] = bits.bytes(4);
  const length = low | (high << 8);
  if (length !== (~(notLow | (notHigh << 8)) & 0xffff)) throw new RangeError('deflate: a stored block whose length is not confirmed');
  const wanted = Math.min(length, enough - at);
  output.set(bits.bytes(wanted).subarray(0, output.length - at), at);
  return at + wanted;
}

function readDynamicBlock(bits: BitReader, target: Target, at: number): number {
  const literalCount = bits.take(5) + 257;
  const distanceCount = bits.take(5) + 1;
  const codeCount = bits.take(4) + 4;
  if (literalCount > 286 || distanceCount > 30) throw new RangeError('deflate: too many codes');
  const codeLengths = new Uint8Array(19);
  for (let index = 0; index < codeCount; index++) codeLengths[CODE_LENGTH_ORDER[index] ?? 0] = bits.take(3);
  const code = huffman(codeLengths);
  const lengths = new Uint8Array(literalCount + distanceCount);
  for (let filled = 0; filled < lengths.length; ) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[filled++] = symbol;
      continue;
    }
    const repeated = symbol === 16 ? lengths[filled - 1] : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (repeated === undefined || filled + times > lengths.length) throw new RangeError('deflate: lengths of codes that do not fit');
    lengths.fill(repeated, filled, filled + times);
    filled += times;
  }
  if (lengths[END_OF_BLOCK] === 0) throw new RangeError('deflate: a block without an end');
  return readBlock(bits, huffman(lengths.subarray(0, literalCount)), huffman(lengths.subarray(literalCount)), target, at);
}

function readBlock(bits: BitReader, literals: HuffmanCode, distances: HuffmanCode, { output, enough }: Target, start: number): number {
  let at = start;
  while (at < enough) {
    const symbol = bits.symbol(literals);
    if (symbol === END_OF_BLOCK) return at;
    if (symbol < END_OF_BLOCK) {
      output[at++] = symbol;
      continue;
    }
    const lengthBase = LENGTH_BASE[symbol - 257];
    if (lengthBase === undefined) throw new RangeError('deflate: a length that does not exist');
    const length = lengthBase + bits.take(LENGTH_EXTRA[symbol - 257] ?? 0);
    const distanceSymbol = bits.symbol(distances);
    const distanceBase = DISTANCE_BASE[distanceSymbol];
    if (distanceBase === undefined) throw new RangeError('deflate: a distance that does not exist');
    const distance = distanceBase + bits.take(DISTANCE_EXTRA[distanceSymbol] ?? 0);
    if (distance > at) throw new RangeError('deflate: a copy from before the beginning');
    // Byte by byte: source and target may overlap, and then repeat. What is written beyond the end is lost.
    for (let end = at + length; at < end; at++) output[at] = output[at - distance] ?? 0;
  }
  return at;
}
