import { PenumbraError } from '../errors.ts';
import type { LabelMap } from './label-map.ts';
import { ByteReader, ByteWriter, malformed, readRuns, writeRuns } from './rle.ts';

/** Edge of a tile in px. Tiles at the right and bottom edge are clipped to the image. */
export const TILE_SIZE = 64;

/** One changed tile: the whole tile before and after, row-major, clipped at the image edge. `tx`, `ty` count tiles. */
export interface TileDiff {
  readonly tx: number;
  readonly ty: number;
  readonly before: Uint8Array; // [tileHeight * tileWidth]
  readonly after: Uint8Array; // [tileHeight * tileWidth]
}

export interface MapSize {
  readonly width: number; // px
  readonly height: number; // px
}

/** Where a tile lies in the image, px. */
export interface TileRect {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}

const MAGIC = [0x50, 0x47]; // "PG"
const VERSION = 1;
const MAX_SIDE_PX = 0x7fffffff;

export function tileRect(size: MapSize, tx: number, ty: number): TileRect {
  const x0 = tx * TILE_SIZE;
  const y0 = ty * TILE_SIZE;
  return { x0, y0, width: Math.min(TILE_SIZE, size.width - x0), height: Math.min(TILE_SIZE, size.height - y0) };
}

/** Tiles in which two maps of one size differ, in row-major order. MASK_SIZE_MISMATCH when sizes differ. */
export function diffLabelMaps(before: LabelMap, after: LabelMap): TileDiff[] {
  if (before.width !== after.width || before.height !== after.height) {
    throw new PenumbraError(
      'MASK_SIZE_MISMATCH',
      `The masks to compare are ${before.width}×${before.height} and ${after.width}×${after.height} px; expected one size.`,
      { remedy: 'Use a mask of the size of the photo.', details: {} },
    );
  }
  const diffs: TileDiff[] = [];
  for (let ty = 0; ty * TILE_SIZE < before.height; ty++) {
    for (let tx = 0; tx * TILE_SIZE < before.width; tx++) {
      const rect = tileRect(before, tx, ty);
      if (!tilesEqual(before, after, rect)) diffs.push({ tx, ty, before: readTile(before, rect), after: readTile(after, rect) });
    }
  }
  return diffs;
}

/**
 * The map after (`forward`) or before (`backward`) the diffs. The tiles must show what the diffs start from:
 * EDIT_STALE names the first tile that does not, and `map` is never changed.
 */
export function applyDiffs(map: LabelMap, diffs: readonly TileDiff[], direction: 'forward' | 'backward'): LabelMap {
  const result = { width: map.width, height: map.height, data: new Uint8Array(map.data) }; // not slice(): of a Buffer that is a view
  applyDiffsInPlace(result, diffs, direction);
  return result;
}

/** As `applyDiffs`, but writes into `map`; all tiles are checked before the first is written. */
export function applyDiffsInPlace(map: LabelMap, diffs: readonly TileDiff[], direction: 'forward' | 'backward'): void {
  for (const diff of diffs) {
    const rect = checkedRect(map, diff);
    const expected = direction === 'forward' ? diff.before : diff.after;
    if (!tileEquals(map, rect, expected)) {
      throw new PenumbraError(
        'EDIT_STALE',
        `The edit does not fit the mask: tile (${diff.tx}, ${diff.ty}) shows other labels than the edit starts from.`,
        {
          remedy: 'Reload the image; the mask has changed since it was shown.',
          details: { tx: diff.tx, ty: diff.ty, direction },
        },
      );
    }
  }
  for (const diff of diffs) writeTile(map, checkedRect(map, diff), direction === 'forward' ? diff.after : diff.before);
}

/** Number of pixels that the diffs change. */
export function changedPixels(diffs: readonly TileDiff[]): number {
  let count = 0;
  for (const { before, after } of diffs) {
    for (let index = 0; index < before.length; index++) if (before[index] !== after[index]) count += 1;
  }
  return count;
}

/**
 * One gesture as bytes: "PG", version, width, height, tile count, then a tile as: step to its row-major index (the first from -1),
 * runs of `before`, runs of `before XOR after`. Numbers are LEB128. Tiles may come in any order; they are written sorted.
 */
export function encodeGesture(size: MapSize, diffs: readonly TileDiff[]): Uint8Array {
  const writer = new ByteWriter();
  for (const byte of MAGIC) writer.byte(byte);
  writer.byte(VERSION);
  writer.varint(size.width);
  writer.varint(size.height);
  writer.varint(diffs.length);
  const tilesX = Math.ceil(size.width / TILE_SIZE);
  const sorted = diffs.map((diff) => ({ diff, index: diff.ty * tilesX + diff.tx })).sort((a, b) => a.index - b.index);
  let previous = -1;
  for (const { diff, index } of sorted) {
    checkedRect(size, diff);
    if (index === previous) throw malformed(`tile (${diff.tx}, ${diff.ty}) occurs twice`);
    writer.varint(index - previous);
    writeRuns(writer, diff.before);
    writeRuns(writer, xor(diff.before, diff.after));
    previous = index;
  }
  return writer.finish();
}

/**
 * The tiles of an encoded gesture for a map of `size`. Memory is bounded by twice the size of the map, whatever the bytes say.
 * Throws EDIT_MALFORMED on anything but what `encodeGesture` writes (other size, tiles outside, repeated or unchanged, runs too
 * short or long, bytes left over).
 */
export function decodeGesture(bytes: Uint8Array, size: MapSize): TileDiff[] {
  const reader = new ByteReader(bytes);
  if (reader.byte() !== MAGIC[0] || reader.byte() !== MAGIC[1]) throw malformed('it does not begin with "PG"');
  const version = reader.byte();
  if (version !== VERSION) throw malformed(`its version is ${version}; expected ${VERSION}`);
  const width = reader.varint('the width', MAX_SIDE_PX);
  const height = reader.varint('the height', MAX_SIDE_PX);
  if (width !== size.width || height !== size.height) {
    throw malformed(`it is for a mask of ${width}×${height} px; expected ${size.width}×${size.height}`);
  }
  const tilesX = Math.ceil(width / TILE_SIZE);
  const tilesAll = tilesX * Math.ceil(height / TILE_SIZE);
  const count = reader.varint('the number of tiles', tilesAll);
  const diffs: TileDiff[] = [];
  let index = -1;
  for (let tile = 0; tile < count; tile++) {
    const step = reader.varint('a tile step', tilesAll - 1 - index);
    if (step === 0) throw malformed('a tile occurs twice');
    index += step;
    const tx = index % tilesX;
    const ty = Math.floor(index / tilesX);
    const rect = tileRect(size, tx, ty);
    const before = readRuns(reader, rect.width * rect.height);
    const change = readRuns(reader, rect.width * rect.height);
    if (!change.some((value) => value !== 0)) throw malformed(`tile (${tx}, ${ty}) changes nothing`);
    diffs.push({ tx, ty, before, after: xor(before, change) });
  }
  if (reader.remaining > 0) throw malformed(`${reader.remaining} bytes follow the last tile`);
  return diffs;
}

/** The rectangle of a diff; EDIT_MALFORMED when it lies outside the map or its planes have another size. */
function checkedRect(size: MapSize, diff: TileDiff): TileRect {
  const { tx, ty } = diff;
  const inside =
    Number.isInteger(tx) && Number.isInteger(ty) && tx >= 0 && ty >= 0 && tx * TILE_SIZE < size.width && ty * TILE_SIZE < size.height;
  if (!inside) throw malformed(`tile (${tx}, ${ty}) lies outside the mask of ${size.width}×${size.height} px`);
  const rect = tileRect(size, tx, ty);
  const pixels = rect.width * rect.height;
  if (diff.before.length !== pixels || diff.after.length !== pixels) {
    throw malformed(`tile (${tx}, ${ty}) holds ${diff.before.length} and ${diff.after.length} px; expected ${pixels}`);
  }
  return rect;
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length);
  for (let index = 0; index < a.length; index++) result[index] = (a[index] ?? 0) ^ (b[index] ?? 0);
  return result;
}

function readTile(map: LabelMap, rect: TileRect): Uint8Array {
  const tile = new Uint8Array(rect.width * rect.height);
  for (let y = 0; y < rect.height; y++) {
    const start = (rect.y0 + y) * map.width + rect.x0;
    tile.set(map.data.subarray(start, start + rect.width), y * rect.width);
  }
  return tile;
}

function writeTile(map: LabelMap, rect: TileRect, tile: Uint8Array): void {
  for (let y = 0; y < rect.height; y++) {
    map.data.set(tile.subarray(y * rect.width, (y + 1) * rect.width), (rect.y0 + y) * map.width + rect.x0);
  }
}

function tileEquals(map: LabelMap, rect: TileRect, tile: Uint8Array): boolean {
  for (let y = 0; y < rect.height; y++) {
    const start = (rect.y0 + y) * map.width + rect.x0;
    for (let x = 0; x < rect.width; x++) if (map.data[start + x] !== tile[y * rect.width + x]) return false;
  }
  return true;
}

function tilesEqual(a: LabelMap, b: LabelMap, rect: TileRect): boolean {
  for (let y = 0; y < rect.height; y++) {
    const start = (rect.y0 + y) * a.width + rect.x0;
    for (let x = 0; x < rect.width; x++) if (a.data[start + x] !== b.data[start + x]) return false;
  }
  return true;
}
