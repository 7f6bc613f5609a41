import type { LabelMap } from '#shared/mask/label-map.ts';
import { TILE_SIZE, tileRect, type TileDiff } from '#shared/mask/tile-diff.ts';

/** Keeps each tile as it was before a gesture first changed it, so that a gesture costs what it touches, not what the photo measures. */
export class GestureRecorder {
  readonly #map: LabelMap;
  readonly #tilesX: number;
  readonly #before = new Map<number, Uint8Array>();

  constructor(map: LabelMap) {
    this.#map = map;
    this.#tilesX = Math.ceil(map.width / TILE_SIZE);
  }

  /** Call before the first change inside tile (`tx`, `ty`); later calls do nothing. */
  keep(tx: number, ty: number): void {
    const index = ty * this.#tilesX + tx;
    if (!this.#before.has(index)) this.#before.set(index, this.#copy(tx, ty));
  }

  /** The tiles that differ from how they were, in row-major order. */
  diffs(): TileDiff[] {
    const diffs: TileDiff[] = [];
    for (const [index, before] of [...this.#before].sort(([a], [b]) => a - b)) {
      const tx = index % this.#tilesX;
      const ty = Math.floor(index / this.#tilesX);
      const after = this.#copy(tx, ty);
      if (before.some((label, pixel) => label !== after[pixel])) diffs.push({ tx, ty, before, after });
    }
    return diffs;
  }

  #copy(tx: number, ty: number): Uint8Array {
    const { x0, y0, width, height } = tileRect(this.#map, tx, ty);
    const tile = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const start = (y0 + y) * this.#map.width + x0;
      tile.set(this.#map.data.subarray(start, start + width), y * width);
    }
    return tile;
  }
}
