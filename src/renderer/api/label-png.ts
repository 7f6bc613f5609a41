import { countLabels, type CountedMap } from '../canvas/mask/counted-map.ts';
// Not the whole catalogue: this is a part of the worker.
import { trouble } from '../strings/en/trouble.ts';

const words = trouble.labelPng;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY = 0;
const PALETTE = 3;

/** Why a label map cannot be read. Plain, because it crosses from a worker. */
export class UnreadablePng extends Error {}

/**
 * The pixel values of a label map as the core sends it: PNG of 8 bits, palette or grey, not interlaced. A canvas would give colours, and
 * colours are not labels. Throws `UnreadablePng`.
 */
export async function readLabelPng(bytes: Uint8Array<ArrayBuffer>): Promise<CountedMap> {
  if (SIGNATURE.some((value, index) => bytes[index] !== value)) throw unreadable(words.noPng);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array<ArrayBuffer>[] = [];
  let width = 0;
  let height = 0;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length) throw unreadable(words.cutOff);
    if (type === 'IHDR') {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      const [depth, colour, , , interlace] = body.subarray(8, 13);
      if (depth !== 8 || (colour !== PALETTE && colour !== GREY) || interlace !== 0) {
        throw unreadable(words.form(String(depth ?? '?'), String(colour ?? '?')));
      }
    } else if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  if (width === 0 || height === 0) throw unreadable(words.noSize);
  const filtered = await inflate(data);
  if (filtered.length !== (width + 1) * height) throw unreadable(words.length(filtered.length, (width + 1) * height));
  const labels = unfilter(filtered, width, height);
  return { width, height, data: labels, counts: countLabels(labels) };
}

async function inflate(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw unreadable(words.inflate(cause instanceof Error ? cause.message : String(cause)));
  }
}

/** Undoes the five filters of PNG for one byte a pixel; row-major [height * width]. */
function unfilter(filtered: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height);
  const nothing = new Uint8Array(width);
  for (let y = 0; y < height; y++) {
    const from = y * (width + 1) + 1;
    const coded = filtered.subarray(from, from + width);
    const row = out.subarray(y * width, (y + 1) * width);
    const above = y === 0 ? nothing : out.subarray((y - 1) * width, y * width);
    const filter = filtered[from - 1] ?? 0;
    if (filter > 4) throw unreadable(words.filter(y, filter));
    if (filter === 0) row.set(coded);
    else unfilterRow(filter, coded, above, row);
  }
  return out;
}

function unfilterRow(filter: number, coded: Uint8Array, above: Uint8Array, row: Uint8Array): void {
  let left = 0;
  let corner = 0;
  for (let x = 0; x < row.length; x++) {
    const up = above[x] ?? 0;
    const guess = filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    left = ((coded[x] ?? 0) + guess) & 255;
    row[x] = left;
    corner = up;
  }
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function unreadable(fact: string): UnreadablePng {
  return new UnreadablePng(fact);
}
