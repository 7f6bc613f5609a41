import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelMap } from './label-map.ts';
import { addGesture, applyOverlay, conflicts, editedPixels, emptyOverlay, foldGestures } from './replay.ts';
import { applyDiffs, diffLabelMaps, type TileDiff } from './tile-diff.ts';

const SIZE = { width: 70, height: 66 };
const PIXELS = SIZE.width * SIZE.height;

const stroke = fc.record({ start: fc.nat(PIXELS - 1), length: fc.integer({ min: 1, max: 400 }), label: fc.constantFrom(0, 1, 2, 255) });
const base = fc.array(stroke, { maxLength: 5 }).map((strokes) => strokes.reduce(paint, plain(0)));

function plain(label: number): LabelMap {
  return { ...SIZE, data: new Uint8Array(PIXELS).fill(label) };
}

function paint(map: LabelMap, { start, length, label }: { start: number; length: number; label: number }): LabelMap {
  return { ...map, data: map.data.slice().fill(label, start, start + length) };
}

/** Strokes one after another on a base: the gestures and where they lead. */
function work(
  from: LabelMap,
  strokes: readonly { start: number; length: number; label: number }[],
): { gestures: TileDiff[][]; result: LabelMap } {
  const gestures: TileDiff[][] = [];
  let result = from;
  for (const item of strokes) {
    const next = paint(result, item);
    gestures.push(diffLabelMaps(result, next));
    result = next;
  }
  return { gestures, result };
}

const strokes = fc.array(stroke, { maxLength: 8 });

describe('replay', () => {
  it('on the same base equals painting', () => {
    fc.assert(
      fc.property(base, strokes, (start, list) => {
        const { gestures, result } = work(start, list);
        const overlay = foldGestures(SIZE, gestures);
        return same(applyOverlay(start, overlay), result) && conflicts(start, overlay).pixels === 0;
      }),
    );
  });

  it('without the last gesture equals undoing it', () => {
    fc.assert(
      fc.property(base, fc.array(stroke, { minLength: 1, maxLength: 8 }), (start, list) => {
        const { gestures, result } = work(start, list);
        const undone = applyDiffs(result, gestures.at(-1) ?? [], 'backward');
        return same(applyOverlay(start, foldGestures(SIZE, gestures.slice(0, -1))), undone);
      }),
    );
  });

  it('on another base keeps every correction, takes the rest from the base, and reports exactly the disagreements', () => {
    fc.assert(
      fc.property(base, base, strokes, (start, regenerated, list) => {
        const { gestures, result } = work(start, list);
        const overlay = foldGestures(SIZE, gestures);
        const replayed = applyOverlay(regenerated, overlay);
        const clash = conflicts(regenerated, overlay);
        let clashes = 0;
        let touched = 0;
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          const edited = gestures.some((gesture) => changesPixel(gesture, pixel));
          const now = regenerated.data[pixel];
          const expected = edited ? result.data[pixel] : now;
          const disagrees = edited && now !== start.data[pixel] && now !== result.data[pixel];
          if (replayed.data[pixel] !== expected || clash.mask[pixel] !== (disagrees ? 1 : 0)) throw new Error(`pixel ${pixel}`);
          clashes += disagrees ? 1 : 0;
          touched += edited ? 1 : 0;
        }
        expect(clash.pixels).toBe(clashes);
        expect(editedPixels(overlay)).toBe(touched);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps a pixel that was painted back: on another base it is still a correction', () => {
    const { gestures } = work(plain(0), [
      { start: 10, length: 1, label: 4 },
      { start: 10, length: 1, label: 0 },
    ]);
    expect(applyOverlay(plain(2), foldGestures(SIZE, gestures)).data[10]).toBe(0);
  });

  it('repainting on a new base, with that base given, settles the conflict', () => {
    const first = diffLabelMaps(plain(0), paint(plain(0), { start: 10, length: 1, label: 4 }));
    const overlay = foldGestures(SIZE, [first]);
    const newBase = plain(2);
    expect(conflicts(newBase, overlay).pixels).toBe(1);
    const shown = applyOverlay(newBase, overlay);
    addGesture(overlay, diffLabelMaps(shown, paint(shown, { start: 10, length: 1, label: 5 })), newBase);
    expect(conflicts(newBase, overlay).pixels).toBe(0);
    expect(applyOverlay(newBase, overlay).data[10]).toBe(5);
  });

  it('refuses a gesture that does not follow from the ones before', () => {
    const first = diffLabelMaps(plain(0), plain(1));
    const stray = diffLabelMaps(plain(3), plain(4));
    expect(() => foldGestures(SIZE, [first, stray])).toThrow(expect.objectContaining({ code: 'EDIT_MALFORMED' }));
  });

  it('refuses a base of another size', () => {
    expect(() => applyOverlay({ width: 1, height: 1, data: new Uint8Array(1) }, emptyOverlay(SIZE))).toThrow(
      expect.objectContaining({ code: 'MASK_SIZE_MISMATCH' }),
    );
  });
});

/** Byte equality; the matcher walks typed arrays element by element, which takes seconds here. */
function same(a: LabelMap, b: LabelMap): boolean {
  return Buffer.compare(a.data, b.data) === 0;
}

function changesPixel(gesture: readonly TileDiff[], pixel: number): boolean {
  const x = pixel % SIZE.width;
  const y = Math.floor(pixel / SIZE.width);
  const tile = gesture.find(({ tx, ty }) => tx === Math.floor(x / 64) && ty === Math.floor(y / 64));
  if (tile === undefined) return false;
  const tileWidth = Math.min(64, SIZE.width - tile.tx * 64);
  const index = (y - tile.ty * 64) * tileWidth + (x - tile.tx * 64);
  return tile.before[index] !== tile.after[index];
}
