import type { TiledPhoto } from './photo-source.ts';
import type { PixelRect } from '../geometry.ts';

interface Tile {
  picture: CanvasImageSource | null;
}

const MAX_TILES = 256;

/** A tile to draw: its picture, and the rectangle of the photo that it covers, px. */
export interface PlacedTile {
  readonly picture: CanvasImageSource;
  readonly rect: PixelRect;
}

/** The tiles of a large photo that are in memory: loads what is looked at, keeps the ones used last. */
export class PhotoTiles {
  readonly #source: TiledPhoto;
  readonly #changed: () => void;
  readonly #tiles = new Map<string, Tile>();

  constructor(source: TiledPhoto, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
  }

  /** What there is for a part of the photo at `scale` device px a photo px: coarse tiles first, so that finer ones cover them. */
  visible(part: PixelRect, scale: number): PlacedTile[] {
    const { levels } = this.#source;
    const wanted = Math.min(levels - 1, Math.max(0, Math.floor(Math.log2(1 / scale))));
    const placed: PlacedTile[] = [];
    // The coarsest level is always asked for: it is small, and something is shown while the rest loads.
    for (let level = levels - 1; level >= wanted; level--) {
      const mayLoad = level === wanted || level === levels - 1;
      placed.push(...this.#ofLevel(level, part, mayLoad));
    }
    this.#forget();
    return placed;
  }

  #ofLevel(level: number, part: PixelRect, mayLoad: boolean): PlacedTile[] {
    const { tilePx, width, height } = this.#source;
    const side = tilePx * 2 ** level;
    const placed: PlacedTile[] = [];
    for (let y = Math.floor(part.y0 / side); y * side < Math.min(part.y1, height); y++) {
      for (let x = Math.floor(part.x0 / side); x * side < Math.min(part.x1, width); x++) {
        if (x < 0 || y < 0) continue;
        const picture = this.#get(level, x, y, mayLoad);
        if (picture === null) continue;
        placed.push({ picture, rect: { x0: x * side, y0: y * side, x1: Math.min(width, (x + 1) * side), y1: Math.min(height, (y + 1) * side) } });
      }
    }
    return placed;
  }

  #get(level: number, x: number, y: number, mayLoad: boolean): CanvasImageSource | null {
    const key = `${level}.${x}.${y}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) {
      this.#tiles.delete(key);
      this.#tiles.set(key, known);
      return known.picture;
    }
    if (mayLoad) void this.#load(key, level, x, y);
    return null;
  }

  async #load(key: string, level: number, x: number, y: number): Promise<void> {
    const tile: Tile = { picture: null };
    this.#tiles.set(key, tile);
    try {
      tile.picture = await this.#source.load(level, x, y);
    } catch {
      // The coarser tile below stays in sight; looking there again asks once more.
      this.#tiles.delete(key);
      return;
    }
    this.#changed();
  }

  #forget(): void {
    for (const [key, { picture }] of this.#tiles) {
      if (this.#tiles.size <= MAX_TILES) return;
      this.#tiles.delete(key);
      if (picture instanceof ImageBitmap) picture.close();
    }
  }
}
