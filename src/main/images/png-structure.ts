import { crc32, inflateSync } from 'node:zlib';
import { PenumbraError } from '#shared/errors.ts';
import { checkPixels } from './limits.ts';

/** PNG colour types, PNG specification §11.2.1. */
export const PNG_GREY = 0;
export const PNG_RGB = 2;
export const PNG_PALETTE = 3;
export const PNG_RGBA = 6;
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export interface PngHeader {
  readonly width: number; // px
  readonly height: number; // px
  readonly depth: number; // bits a channel
  readonly colourType: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

export interface CheckedPng {
  readonly header: PngHeader;
  /** The file with its critical chunks alone: text, profiles and unknown chunks never reach a decoder. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the header of a PNG and checks its size limit. Needs the first 33 bytes.
 * Throws IMAGE_UNREADABLE or IMAGE_TOO_LARGE naming the file.
 */
function readPngHeader(bytes: Uint8Array, file: string, maxPixels?: number): PngHeader {
  if (bytes.length < 33 || SIGNATURE.some((value, index) => bytes[index] !== value)) throw unreadable(file, 'it is not a PNG');
  const view = viewOf(bytes);
  if (view.getUint32(8) !== 13 || chunkType(bytes, 12) !== 'IHDR') throw unreadable(file, 'it does not begin with a header chunk');
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const depth = view.getUint8(24);
  const colourType = view.getUint8(25);
  const channels = CHANNELS[colourType];
  if (width === 0 || height === 0) throw unreadable(file, `its header says ${width}×${height} px`);
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw unreadable(file, `its header says colour type ${colourType} at ${depth} bits`);
  checkPixels(file, width, height, maxPixels);
  return { width, height, depth, colourType, channels, interlaced: view.getUint8(28) !== 0 };
}

/**
 * Walks all chunks, checks lengths and checksums, and proves that the pixel data inflates to what the header promises and
 * no more, so that neither a file cut short nor a decompression bomb reaches the decoder.
 */
export function checkPng(bytes: Uint8Array, file: string, maxPixels?: number): CheckedPng {
  const header = readPngHeader(bytes, file, maxPixels);
  const view = viewOf(bytes);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let offset = 8;
  let ended = false;
  while (!ended) {
    if (offset + 12 > bytes.length) throw truncated(file, `it ends at byte ${bytes.length}, before its end chunk`);
    const length = view.getUint32(offset);
    const type = chunkType(bytes, offset + 4);
    const end = offset + 12 + length;
    if (end > bytes.length) throw truncated(file, `chunk ${type} should reach byte ${end}, the file has ${bytes.length}`);
    if (type === 'IHDR' || type === 'PLTE' || type === 'IDAT' || type === 'IEND') {
      if (view.getUint32(end - 4) !== crc32(bytes.subarray(offset + 4, end - 4))) throw truncated(file, `the checksum of chunk ${type} at byte ${offset} is wrong`);
      kept.push(bytes.subarray(offset, end));
      if (type === 'IDAT') data.push(bytes.subarray(offset + 8, end - 4));
      ended = type === 'IEND';
    }
    offset = end;
  }
  checkInflation(data, header, file);
  return { header, bytes: Buffer.concat(kept) };
}

function checkInflation(data: readonly Uint8Array[], header: PngHeader, file: string): void {
  const lineBytes = Math.ceil((header.width * header.channels * header.depth) / 8) + 1;
  const plain = lineBytes * header.height;
  // Adam7 adds filter bytes and row padding: seven passes of at most `height` rows each.
  const most = header.interlaced ? plain + header.height * 14 : plain;
  let inflated: number;
  try {
    inflated = inflateSync(Buffer.concat(data), { maxOutputLength: most }).length;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw unreadable(file, `its data inflates to more than the ${most} bytes that ${header.width}×${header.height} px need`);
    }
    throw truncated(file, `its data cannot be inflated (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (inflated < plain) throw truncated(file, `its data inflates to ${inflated} bytes; ${header.width}×${header.height} px need ${plain}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function chunkType(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

function unreadable(file: string, fact: string): PenumbraError {
  return new PenumbraError('IMAGE_UNREADABLE', `${file} cannot be read as a mask: ${fact}.`, {
    remedy: 'Save the mask as an 8-bit palette PNG whose pixel value is the class.',
    details: { file, fact },
  });
}

function truncated(file: string, fact: string): PenumbraError {
  return new PenumbraError('IMAGE_TRUNCATED', `${file} ends early or is damaged: ${fact}.`, {
    remedy: 'Copy the file again from its source.',
    details: { file, fact },
  });
}
