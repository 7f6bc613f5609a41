import type { LabelMap } from '#shared/mask/label-map.ts';
import { PenumbraError } from '#shared/errors.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY = 0;
const PALETTE = 3;

/**
 * The pixel values of a label map as the core sends it: PNG of 8 bits, palette or grey, not interlaced. A canvas would give colours, and
 * colours are not labels. Inflating is the browser's own, off this thread. Throws IMAGE_UNREADABLE.
 */
export async function readLabelPng(bytes: Uint8Array<ArrayBuffer>): Promise<LabelMap> {
  if (SIGNATURE.some((value, index) => bytes[index] !== value)) throw unreadable('it is no PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array<ArrayBuffer>[] = [];
  let width = 0;
  let height = 0;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length) throw unreadable('it is cut off');
    if (type === 'IHDR') {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      const [depth, colour, , , interlace] = body.subarray(8, 13);
      if (depth !== 8 || (colour !== PALETTE && colour !== GREY) || interlace !== 0) {
        throw unreadable(`it has ${depth ?? '?'} bits of colour type ${colour ?? '?'}; expected 8 bits of palette or grey, not interlaced`);
      }
    } else if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  if (width === 0 || height === 0) throw unreadable('it has no size');
  const filtered = await inflate(data);
  if (filtered.length !== (width + 1) * height) throw unreadable(`it holds ${filtered.length} bytes; expected ${(width + 1) * height}`);
  return { width, height, data: unfilter(filtered, width, height) };
}

async function inflate(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw unreadable(`its data cannot be inflated (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

/** Undoes the five filters of PNG for one byte a pixel; row-major [height * width]. */
function unfilter(filtered: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (width + 1) + 1;
    const row = y * width;
    const filter = filtered[from - 1] ?? 0;
    if (filter === 0) {
      out.set(filtered.subarray(from, from + width), row);
      continue;
    }
    if (filter > 4) throw unreadable(`row ${y} has filter ${filter}; expected 0 to 4`);
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? (out[row + x - 1] ?? 0) : 0;
      const above = y > 0 ? (out[row - width + x] ?? 0) : 0;
      const corner = x > 0 && y > 0 ? (out[row - width + x - 1] ?? 0) : 0;
      const guess = filter === 1 ? left : filter === 2 ? above : filter === 3 ? (left + above) >> 1 : paeth(left, above, corner);
      out[row + x] = (filtered[from + x] ?? 0) + guess;
    }
  }
  return out;
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function unreadable(fact: string): PenumbraError {
  return new PenumbraError('IMAGE_UNREADABLE', `A label map cannot be read: ${fact}.`, {
    remedy: 'Load the image again. If it stays so, run the stage that made the label map again.',
    details: { fact },
  });
}
