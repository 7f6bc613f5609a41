import { readFile } from 'node:fs/promises';
import { decode, encode } from 'fast-png';
import { PenumbraError } from '#shared/errors.ts';
import { vocColour, type Rgb } from '#shared/domain/classes.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { PNG_GREY, PNG_PALETTE, PNG_RGB, PNG_RGBA, checkPng, type PngHeader } from './png-structure.ts';

/** The 256 colours of PASCAL VOC: label i has colour i. */
export const VOC_PALETTE: readonly Rgb[] = Array.from({ length: 256 }, (_, index) => vocColour(index));

export interface ReadLabelOptions {
  /** Colours by label, for masks stored as RGB; default the VOC palette. */
  readonly palette?: readonly Rgb[];
  /** Refuses larger masks by their header; default 500 Mpx. */
  readonly maxPixels?: number;
}

export interface DecodedLabels {
  readonly map: LabelMap;
  /**
   * Set when a palette PNG's own colours are those of `palette` in another order, as image editors write them: its pixel
   * values are then hardly the classes that the colours mean. Names the first such entry.
   */
  readonly reordered: { readonly value: number; readonly colourOf: number } | null;
}

/** Reads a label map from a file. See `decodeLabelPng` for what is accepted; also throws FILE_MISSING. */
export async function readLabelPng(path: string, options: ReadLabelOptions = {}): Promise<LabelMap> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new PenumbraError('FILE_MISSING', `${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      remedy: 'Put the file back, or tell the project where its files are now.',
      details: { file: path },
      cause,
    });
  }
  return decodeLabelPng(bytes, path, options).map;
}

/**
 * Pixel values of a mask, exactly: palette indices and grey values as they are, depths 1, 2 and 4 unpacked. RGB masks
 * are accepted when every colour is in `palette`. `file` is the name used in errors.
 * Throws IMAGE_TOO_LARGE, IMAGE_TRUNCATED, IMAGE_UNREADABLE, IMAGE_UNSUPPORTED, MASK_UNKNOWN_COLOUR.
 */
export function decodeLabelPng(bytes: Uint8Array, file: string, options: ReadLabelOptions = {}): DecodedLabels {
  const palette = options.palette ?? VOC_PALETTE;
  const { header, bytes: critical } = checkPng(bytes, file, options.maxPixels);
  const { width, height, colourType, depth } = header;
  if (depth === 16) throw unsupported(file, '16 bits a channel; expected 8 or fewer');
  if (header.interlaced && depth < 8) throw unsupported(file, `interlaced at ${depth} bits; expected 8 bits or no interlacing`);
  let png: ReturnType<typeof decode>;
  try {
    png = decode(critical);
  } catch (cause) {
    throw new PenumbraError('IMAGE_UNREADABLE', `${file} cannot be read as a mask: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      remedy: 'Save the mask as an 8-bit palette PNG whose pixel value is the class.',
      details: { file },
      cause,
    });
  }
  const raw = png.data instanceof Uint8Array ? png.data : new Uint8Array(png.data);
  if (colourType === PNG_RGB || colourType === PNG_RGBA) {
    return { map: { width, height, data: labelsFromColours(raw, header, palette, file) }, reordered: null };
  }
  if (colourType !== PNG_PALETTE && colourType !== PNG_GREY) throw unsupported(file, 'grey with transparency; expected palette, grey or RGB');
  const data = depth === 8 ? raw : unpack(raw, header);
  const reordered = colourType === PNG_PALETTE ? findReordered(data, png.palette ?? [], palette) : null;
  return { map: { width, height, data }, reordered };
}

/** An 8-bit palette PNG: every byte of `map` is its palette index. Colours missing in `palette` are black. */
export function encodeLabelPng(map: LabelMap, palette: readonly Rgb[] = VOC_PALETTE): Uint8Array {
  const colours = Array.from({ length: 256 }, (_, index) => [...(palette[index] ?? [0, 0, 0])]);
  return encode({ width: map.width, height: map.height, data: map.data, depth: 8, channels: 1, palette: colours });
}

/** Rows of packed values, highest bits first, each row starting on a byte. */
function unpack(packed: Uint8Array, header: PngHeader): Uint8Array {
  const { width, height, depth } = header;
  const rowBytes = Math.ceil((width * depth) / 8);
  const perByte = 8 / depth;
  const mask = (1 << depth) - 1;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = packed[y * rowBytes + Math.floor(x / perByte)] ?? 0;
      data[y * width + x] = (byte >> (8 - depth - (x % perByte) * depth)) & mask;
    }
  }
  return data;
}

function labelsFromColours(pixels: Uint8Array, header: PngHeader, palette: readonly Rgb[], file: string): Uint8Array {
  const labelOf = new Map<number, number>();
  palette.forEach(([red, green, blue], label) => {
    const key = (red << 16) | (green << 8) | blue;
    if (!labelOf.has(key)) labelOf.set(key, label);
  });
  const { width, height, channels } = header;
  const data = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const at = pixel * channels;
    const red = pixels[at] ?? 0;
    const green = pixels[at + 1] ?? 0;
    const blue = pixels[at + 2] ?? 0;
    const label = labelOf.get((red << 16) | (green << 8) | blue);
    if (label === undefined || (channels === 4 && pixels[at + 3] !== 255)) {
      const x = pixel % width;
      const y = Math.floor(pixel / width);
      const alpha = channels === 4 ? ` with opacity ${pixels[at + 3] ?? 0}` : '';
      throw new PenumbraError('MASK_UNKNOWN_COLOUR', `${file}: colour (${red}, ${green}, ${blue})${alpha} at pixel (${x}, ${y}) is the colour of no class.`, {
        remedy: 'Save the mask as a palette PNG whose pixel value is the class, or paint it in the VOC colours without smoothing.',
        details: { file, red, green, blue, x, y },
      });
    }
    data[pixel] = label;
  }
  return data;
}

/** Only when all colours in use are known: a foreign palette says nothing about the order of values. */
function findReordered(data: Uint8Array, own: readonly number[][], palette: readonly Rgb[]): DecodedLabels['reordered'] {
  const used = new Uint8Array(256);
  for (const value of data) used[value] = 1;
  let first: DecodedLabels['reordered'] = null;
  for (let value = 0; value < 256; value++) {
    if (used[value] === 0) continue;
    const colour = own[value];
    const colourOf = palette.findIndex(([red, green, blue]) => colour !== undefined && red === colour[0] && green === colour[1] && blue === colour[2]);
    if (colourOf < 0) return null;
    if (colourOf !== value) first ??= { value, colourOf };
  }
  return first;
}

function unsupported(file: string, fact: string): PenumbraError {
  return new PenumbraError('IMAGE_UNSUPPORTED', `${file} is a PNG of ${fact}.`, {
    remedy: 'Save the mask as an 8-bit palette PNG whose pixel value is the class.',
    details: { file, fact },
  });
}
