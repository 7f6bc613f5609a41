import { assertLength, assertSize, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster } from '../rasters.ts';
import { askingEveryRun, checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';

/**
 * Label Studio's brush masks: bits, highest first: 32 of the number of words, 5 of the word's bits − 1, four times 4 of a length's bits − 1; then
 * packets of 1 bit (one word repeated, or literal words), 2 bits (which length), the length − 1, and the word or words. The words are the RGBA bytes
 * of the mask, row by row, all four the same; the mask is the alpha.
 */

const WORD_BITS = 8;
const LENGTH_BITS = [3, 4, 8, 16] as const;
const LONGEST = 2 ** 16;

/** RGBA, and a list of bytes that grows by half at a time; a run may be as short as a pixel. */
const BYTES_A_PIXEL = 40;

/** The bytes that label-studio-converter writes for a mask of 0 and 255. BAD_REQUEST for an array of another length than the size. */
export function encodeLabelStudioRle(mask: ByteRaster, task?: RasterTask): Uint8Array {
  assertLength('Label Studio mask', mask.width, mask.height, 1, mask.data.length);
  assertFitsPixels('Label Studio mask', mask, BYTES_A_PIXEL);
  const words = new Uint8Array(mask.data.length * 4);
  for (const [from, to] of runsOf(mask.data.length, 4, partOf(task, 0, 0.5))) {
    for (let pixel = from; pixel < to; pixel++) if (mask.data[pixel] !== 0) words.fill(255, pixel * 4, pixel * 4 + 4);
  }
  const bits = new BitWriter();
  bits.write(words.length, 32);
  bits.write(WORD_BITS - 1, 5);
  for (const length of LENGTH_BITS) bits.write(length - 1, 4);
  const ask = askingEveryRun(words.length, partOf(task, 0.5, 1));
  for (let at = 0; at < words.length; ) {
    ask(at);
    let run = 1;
    while (at + run < words.length && words[at + run] === words[at] && run < LONGEST) run += 1;
    // A word of four equal bytes: there are no literal packets to gain anything by.
    const which = LENGTH_BITS.findIndex((length) => run <= 2 ** length);
    bits.write(1, 1);
    bits.write(which, 2);
    bits.write(run - 1, LENGTH_BITS[which] ?? 16);
    bits.write(words[at] ?? 0, WORD_BITS);
    at += run;
  }
  checkpoint(task, 1);
  return bits.finish();
}

/** → 255 where the alpha is not 0, 0 elsewhere. BAD_REQUEST when the bytes are no such mask of this size. */
export function decodeLabelStudioRle(bytes: Uint8Array, size: { readonly width: number; readonly height: number }, task?: RasterTask): ByteRaster {
  assertSize('Label Studio mask', size);
  assertFitsPixels('Label Studio mask', size, 1);
  const pixels = size.width * size.height;
  const bits = new BitReader(bytes);
  const count = bits.read(32);
  if (count !== pixels * 4) throw broken(`it holds ${count} values; expected ${pixels * 4} for ${size.width}×${size.height} px`);
  const wordBits = bits.read(5) + 1;
  const lengthBits = LENGTH_BITS.map(() => bits.read(4) + 1);
  const data = new Uint8Array(pixels);
  const put = (at: number, word: number): void => {
    if (at % 4 === 3 && word !== 0) data[(at - 3) / 4] = 255;
  };
  const ask = askingEveryRun(count, task);
  for (let at = 0; at < count; ) {
    ask(at);
    const repeated = bits.read(1) === 1;
    const run = bits.read(lengthBits[bits.read(2)] ?? 16) + 1;
    if (at + run > count) throw broken(`a run of ${run} at value ${at} of ${count}`);
    const word = repeated ? bits.read(wordBits) : 0;
    for (const end = at + run; at < end; at++) put(at, repeated ? word : bits.read(wordBits));
  }
  checkpoint(task, 1);
  return { ...size, data };
}

class BitWriter {
  readonly #bytes: number[] = [];
  #partial = 0;
  #bits = 0;

  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#partial = (this.#partial << 1) | (Math.floor(value / 2 ** bit) & 1);
      this.#bits += 1;
      if (this.#bits < 8) continue;
      this.#bytes.push(this.#partial);
      this.#partial = 0;
      this.#bits = 0;
    }
  }

  /** Filled up with zeros to whole bytes; the converter adds a byte of zeros where there is nothing to fill. */
  finish(): Uint8Array {
    this.write(0, 8 - this.#bits);
    return Uint8Array.from(this.#bytes);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw broken(`it ends at byte ${this.#bytes.length}, inside a value`);
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}

function broken(fact: string): Error {
  return badInput('Label Studio mask', fact, 'Export the annotations again, or look whether the mask belongs to this photo.');
}
