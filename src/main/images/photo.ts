import { readFile, stat } from 'node:fs/promises';
import type { Metadata, Sharp } from 'sharp';
import { PenumbraError } from '#shared/errors.ts';
import { checkPixels } from './limits.ts';

/** An RGB photo, 8 bits a channel, interleaved, EXIF orientation applied. */
export interface RgbImage {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Uint8Array; // [height * width * 3]
}

/** What a photo's header says, without a pixel decoded. */
export interface PhotoHeader {
  readonly format: string; // jpeg, png, webp, tiff, ...
  readonly width: number; // px, after EXIF orientation
  readonly height: number; // px, after EXIF orientation
  /** EXIF orientation 1..8; 1 when absent. */
  readonly orientation: number;
  readonly channels: number;
  readonly bitsPerChannel: number;
  readonly colourSpace: string; // srgb, cmyk, b-w, ...
  readonly bytes: number;
}

export interface DecodeOptions {
  /** Scales down so that the longer side is at most this many px; never up. */
  readonly longSide?: number;
  /** Refuses larger photos by their header; default 500 Mpx. */
  readonly maxPixels?: number;
}

const BITS: Readonly<Record<string, number>> = { uchar: 8, char: 8, ushort: 16, short: 16, uint: 32, int: 32, float: 32, double: 64, complex: 64, dpcomplex: 128 };

/**
 * What a decoder is given: the bytes of the photo, or its path where they are more than `IN_MEMORY_BYTES`. A decoder maps a file that it is given by
 * path, and one that its user writes anew meanwhile then ends the process (SIGBUS): whoever must outlive that reads large files in a process apart.
 */
export interface PhotoSource {
  readonly path: string;
  readonly bytes: number;
  readonly input: Buffer | string;
}

/** Files up to here are read whole before they are decoded. */
export const IN_MEMORY_BYTES = 64 * 1024 * 1024;

/** Throws FILE_MISSING, IMAGE_UNREADABLE. */
export async function openPhoto(path: string): Promise<PhotoSource> {
  const bytes = await fileBytes(path);
  if (bytes > IN_MEMORY_BYTES) return { path, bytes, input: path };
  const input = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  return { path, bytes: input.length, input };
}

/**
 * Reads the header alone and checks the size limit. Throws FILE_MISSING, IMAGE_UNREADABLE, IMAGE_UNSUPPORTED (several pages) or
 * IMAGE_TOO_LARGE, each naming the file.
 */
export async function readPhotoHeader(path: string, options: { maxPixels?: number } = {}): Promise<PhotoHeader> {
  return headerOf(await openPhoto(path), options);
}

/** As `readPhotoHeader`, of a photo that is open. */
export async function headerOf({ path, bytes, input }: PhotoSource, options: { maxPixels?: number } = {}): Promise<PhotoHeader> {
  const sharp = await loadSharp();
  let metadata: Metadata;
  try {
    // The limit is checked here, by name, and not by sharp, whose message names no file.
    metadata = await sharp(input, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const orientation = metadata.orientation ?? 1;
  const turned = orientation >= 5;
  const width = turned ? metadata.height : metadata.width;
  const height = turned ? metadata.width : metadata.height;
  checkPixels(path, width, height, options.maxPixels);
  if ((metadata.pages ?? 1) > 1) {
    throw new PenumbraError('IMAGE_UNSUPPORTED', `${path} holds ${metadata.pages ?? 0} pages or frames; expected one.`, {
      remedy: 'Save the frame that is meant as a file of its own.',
      details: { file: path },
    });
  }
  return {
    format: metadata.format,
    width,
    height,
    orientation,
    channels: metadata.channels,
    bitsPerChannel: BITS[metadata.depth] ?? 8,
    colourSpace: metadata.space,
    bytes,
  };
}

/**
 * Decodes to 8-bit sRGB: EXIF orientation applied, 16-bit reduced, CMYK and grey converted, alpha laid on white.
 * Throws as `readPhotoHeader`, and IMAGE_TRUNCATED when the file ends early.
 */
export async function decodePhoto(path: string, options: DecodeOptions = {}): Promise<RgbImage> {
  const source = await openPhoto(path);
  const header = await headerOf(source, options);
  const sharp = await loadSharp();
  // 'error': missing data or damaged data fails; harmless oddities that libjpeg warns about do not.
  let pipeline: Sharp = sharp(source.input, { limitInputPixels: false, failOn: 'error', sequentialRead: true }).autoOrient();
  if (options.longSide !== undefined && Math.max(header.width, header.height) > options.longSide) {
    // 'fill' with exact sizes: the size must follow from the header alone, not from how a library rounds.
    const scale = options.longSide / Math.max(header.width, header.height);
    const width = Math.max(1, Math.round(header.width * scale));
    const height = Math.max(1, Math.round(header.height * scale));
    pipeline = pipeline.resize(width, height, { fit: 'fill', kernel: 'lanczos3', fastShrinkOnLoad: true });
  }
  pipeline = pipeline.flatten({ background: '#ffffff' }).toColourspace('srgb');
  try {
    const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels, expected 3`);
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  } catch (cause) {
    // libvips keeps its words in one place a process: of two decodes that fail side by side, one may be left without. The header was sound.
    throw unreadable(path, reason(cause) === WORDLESS ? new Error('its pixels cannot be decoded', { cause }) : cause);
  }
}

async function fileBytes(path: string): Promise<number> {
  try {
    const facts = await stat(path);
    if (facts.isFile()) return facts.size;
  } catch (cause) {
    throw new PenumbraError('FILE_MISSING', `${path} cannot be opened: ${reason(cause)}.`, {
      remedy: 'Put the file back, or tell the project where the photos are now.',
      details: { file: path },
      cause,
    });
  }
  throw new PenumbraError('IMAGE_UNREADABLE', `${path} is not a file.`, { remedy: 'Replace it with a photo.', details: { file: path } });
}

const TRUNCATED = /premature end|truncated|end of (file|stream|data|image)|not enough data|unexpected end|read error|IDAT|read gave|out of data|cannot be decoded/i;
/** What sharp says where libvips says nothing. */
const WORDLESS = 'Unknown error';

/** IMAGE_TRUNCATED or IMAGE_UNREADABLE, by what the decoder said. */
export function unreadable(path: string, cause: unknown): PenumbraError {
  const text = reason(cause);
  if (TRUNCATED.test(text)) {
    return new PenumbraError('IMAGE_TRUNCATED', `${path} ends early or is damaged: ${text}.`, {
      remedy: 'Copy the file again from its source.',
      details: { file: path },
      cause,
    });
  }
  return new PenumbraError('IMAGE_UNREADABLE', `${path} cannot be read as a photo: ${text}.`, {
    remedy: 'Open it in an image viewer; save it anew as JPEG or PNG, or remove it.',
    details: { file: path },
    cause,
  });
}

function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
}

/** Loaded on first use: the library costs a start-up most commands need not pay. */
async function loadSharp() {
  return (await import('sharp')).default;
}
