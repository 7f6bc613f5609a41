import type { LabelMap } from '#shared/mask/label-map.ts';
import { TILE_SIZE, applyDiffsInPlace, tileRect, type TileDiff } from '#shared/mask/tile-diff.ts';
import { unite, type PixelRect } from '../geometry.ts';
import { countLabels } from './counted-map.ts';
import { GestureRecorder } from './gesture-recorder.ts';
import type { PaintRule } from './paint-rule.ts';

/** A gesture under way. Spans are clipped to the photo and painted at once. */
export interface Painting {
  readonly span: (y: number, x0: number, x1: number) => void;
  /** Ends the gesture: what it changed, empty when nothing. */
  finish(): TileDiff[];
  /** Ends the gesture and brings every pixel back. */
  cancel(): void;
}

/**
 * The label map being corrected: one byte a pixel, changed in place by one gesture at a time. Knows how many pixels each label has and
 * which rectangle changed since it was last drawn.
 */
export class MaskDocument {
  readonly map: LabelMap;
  /** Pixels by label. */
  readonly counts: Uint32Array; // [256]
  #dirty: PixelRect | null = null;
  #painting: Painting | null = null;

  /** Takes over `map` and `counts`; they change from now on. */
  constructor(map: LabelMap, counts = countLabels(map.data)) {
    this.map = map;
    this.counts = counts;
  }

  get isPainting(): boolean {
    return this.#painting !== null;
  }

  /** The label of the pixel at a position in px, or null outside. */
  labelAt(x: number, y: number): number | null {
    const { width, height, data } = this.map;
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= width || row >= height) return null;
    return data[row * width + column] ?? null;
  }

  begin(rule: PaintRule): Painting {
    if (this.#painting !== null) throw new Error('begin: a gesture is already under way; finish or cancel it first');
    const recorder = new GestureRecorder(this.map);
    const end = (): TileDiff[] => {
      if (this.#painting !== painting) throw new Error('the gesture has already ended');
      this.#painting = null;
      return recorder.diffs();
    };
    const painting: Painting = {
      span: (y, x0, x1) => this.#paint(rule, recorder, y, x0, x1),
      finish: end,
      cancel: () => this.apply(end(), 'backward'),
    };
    this.#painting = painting;
    return painting;
  }

  /** Undoes or repeats a gesture. EDIT_STALE, with nothing changed, when the map shows other labels than the gesture starts from. */
  apply(diffs: readonly TileDiff[], direction: 'forward' | 'backward'): void {
    if (this.#painting !== null) throw new Error('apply: a gesture is under way; finish or cancel it first');
    applyDiffsInPlace(this.map, diffs, direction);
    for (const { tx, ty, before, after } of diffs) {
      const [gone, come] = direction === 'forward' ? [before, after] : [after, before];
      for (const label of gone) this.#count(label, -1);
      for (const label of come) this.#count(label, 1);
      const { x0, y0, width, height } = tileRect(this.map, tx, ty);
      this.#dirty = unite(this.#dirty, { x0, y0, x1: x0 + width, y1: y0 + height });
    }
  }

  /** The rectangle changed since the last call, px, or null. */
  takeDirty(): PixelRect | null {
    const dirty = this.#dirty;
    this.#dirty = null;
    return dirty;
  }

  #paint({ label, overwritable }: PaintRule, recorder: GestureRecorder, y: number, from: number, to: number): void {
    const { width, height, data } = this.map;
    const x0 = Math.max(0, from);
    const x1 = Math.min(width, to);
    if (y < 0 || y >= height || x0 >= x1) return;
    const ty = Math.floor(y / TILE_SIZE);
    const row = y * width;
    let changed = 0;
    for (let tx = Math.floor(x0 / TILE_SIZE); tx * TILE_SIZE < x1; tx++) {
      const end = Math.min(x1, (tx + 1) * TILE_SIZE);
      let kept = false;
      for (let x = Math.max(x0, tx * TILE_SIZE); x < end; x++) {
        const old = data[row + x] ?? 0;
        if (old === label || overwritable[old] === 0) continue;
        if (!kept) {
          recorder.keep(tx, ty);
          kept = true;
        }
        data[row + x] = label;
        this.#count(old, -1);
        changed += 1;
      }
    }
    if (changed === 0) return;
    this.#count(label, changed);
    this.#dirty = unite(this.#dirty, { x0, y0: y, x1, y1: y + 1 });
  }

  #count(label: number, by: number): void {
    this.counts[label] = (this.counts[label] ?? 0) + by;
  }
}
