import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { applyDiffs, decodeGesture, encodeGesture, type TileDiff } from '#shared/mask/tile-diff.ts';
import { capsuleSpans } from '../raster/capsule.ts';
import { polygonSpans } from '../raster/polygon.ts';
import { MaskDocument } from './mask-document.ts';
import { paintRule, type PaintMode } from './paint-rule.ts';

const SIZE = { width: 150, height: 90 }; // tiles cut off at the right and bottom edge
const PIXELS = SIZE.width * SIZE.height;
const LABELS = [0, 1, 2, 3, 255] as const;

const label = fc.constantFrom(...LABELS);
const map = fc
  .array(fc.record({ start: fc.nat(PIXELS - 1), length: fc.integer({ min: 1, max: 2500 }), label }), { maxLength: 12 })
  .map((runs): LabelMap => {
    const data = new Uint8Array(PIXELS);
    for (const run of runs) data.fill(run.label, run.start, run.start + run.length);
    return { ...SIZE, data };
  });
const mode: fc.Arbitrary<PaintMode> = fc.oneof(
  fc.constant({ kind: 'everything' as const }),
  fc.constant({ kind: 'unlabelled' as const }),
  label.map((one) => ({ kind: 'one-class' as const, label: one })),
);
const locked = fc.subarray([...LABELS]).map((labels) => new Set<number>(labels));
const point = fc.record({ x: fc.double({ min: -30, max: SIZE.width + 30, noNaN: true }), y: fc.double({ min: -30, max: SIZE.height + 30, noNaN: true }) });
const gesture = fc.record({ label, mode, locked, points: fc.array(point, { minLength: 1, maxLength: 6 }), radius: fc.integer({ min: 1, max: 40 }), polygon: fc.boolean() });
type Gesture = typeof gesture extends fc.Arbitrary<infer G> ? G : never;

/** Paints a gesture into a document; returns its diffs and every pixel that it went over. */
function paint(document: MaskDocument, { label: to, mode: over, locked: fixed, points, radius, polygon }: Gesture): { diffs: TileDiff[]; reached: Uint8Array } {
  const painting = document.begin(paintRule(to, over, fixed));
  const reached = new Uint8Array(PIXELS);
  const span = (y: number, x0: number, x1: number): void => {
    if (y >= 0 && y < SIZE.height && x1 > 0) reached.fill(1, y * SIZE.width + Math.max(0, x0), y * SIZE.width + Math.min(SIZE.width, Math.max(x1, 0)));
    painting.span(y, x0, x1);
  };
  if (polygon) polygonSpans(points, SIZE.height, span);
  else points.forEach((at, index) => capsuleSpans(points[index - 1] ?? at, at, radius, span));
  return { diffs: painting.finish(), reached };
}

const copy = (source: LabelMap): LabelMap => ({ ...source, data: source.data.slice() });
/** Byte equality; the matcher walks typed arrays element by element, which takes seconds here. */
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((value, index) => value === b[index]);

function countLabels(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const value of data) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** What a pixel must be after a gesture, said per pixel. */
function expected(before: number, reached: boolean, { label: to, mode: over, locked: fixed }: Gesture): number {
  if (!reached || fixed.has(before)) return before;
  if (over.kind === 'unlabelled' && before !== 0 && before !== 255) return before;
  if (over.kind === 'one-class' && before !== over.label) return before;
  return to;
}

describe('MaskDocument', () => {
  it('writes the label in hand over what mode and locks allow, and nothing else anywhere', () => {
    fc.assert(
      fc.property(map, fc.array(gesture, { maxLength: 5 }), (start, gestures) => {
        const document = new MaskDocument(copy(start));
        for (const one of gestures) {
          const before = document.map.data.slice();
          const { reached } = paint(document, one);
          const after = before.map((value, pixel) => expected(value, reached[pixel] === 1, one));
          if (!same(document.map.data, after)) throw new Error('a pixel is not what mode and locks say');
          expect(document.counts).toEqual(countLabels(after));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('yields diffs that lead from before to after, as they are sent, and back again', () => {
    fc.assert(
      fc.property(map, fc.array(gesture, { minLength: 1, maxLength: 5 }), (start, gestures) => {
        const document = new MaskDocument(copy(start));
        const done: TileDiff[][] = [];
        for (const one of gestures) {
          const before = copy(document.map);
          const { diffs } = paint(document, one);
          const sent = decodeGesture(encodeGesture(SIZE, diffs), SIZE);
          expect(same(applyDiffs(before, sent, 'forward').data, document.map.data)).toBe(true);
          done.push(diffs);
        }
        const end = document.map.data.slice();
        for (const diffs of done.toReversed()) document.apply(diffs, 'backward');
        expect(same(document.map.data, start.data)).toBe(true);
        expect(document.counts).toEqual(countLabels(start.data));
        for (const diffs of done) document.apply(diffs, 'forward');
        expect(same(document.map.data, end)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('brings every pixel back when a gesture is cancelled', () => {
    fc.assert(
      fc.property(map, fc.array(point, { minLength: 1, maxLength: 4 }), (start, points) => {
        const document = new MaskDocument(copy(start));
        const painting = document.begin(paintRule(2, { kind: 'everything' }, new Set()));
        for (const at of points) capsuleSpans(at, at, 20, painting.span);
        painting.cancel();
        expect(same(document.map.data, start.data)).toBe(true);
        expect(document.counts).toEqual(countLabels(start.data));
        expect(document.isPainting).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('says which rectangle changed, and covers every changed pixel with it', () => {
    fc.assert(
      fc.property(map, gesture, (start, one) => {
        const document = new MaskDocument(copy(start));
        paint(document, one);
        const dirty = document.takeDirty();
        document.map.data.forEach((value, pixel) => {
          if (value === start.data[pixel]) return;
          const x = pixel % SIZE.width;
          const y = Math.floor(pixel / SIZE.width);
          if (dirty === null || x < dirty.x0 || x >= dirty.x1 || y < dirty.y0 || y >= dirty.y1) throw new Error(`pixel ${x}, ${y} changed unnoticed`);
        });
        expect(document.takeDirty()).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a second gesture, and an undo, while one is under way', () => {
    const document = new MaskDocument({ ...SIZE, data: new Uint8Array(PIXELS) });
    const rule = paintRule(1, { kind: 'everything' }, new Set());
    document.begin(rule);
    expect(() => document.begin(rule)).toThrow('already under way');
    expect(() => document.apply([], 'backward')).toThrow('under way');
  });

  it('refuses, unchanged, an undo that does not fit what is shown', () => {
    const document = new MaskDocument({ ...SIZE, data: new Uint8Array(PIXELS) });
    const draw = (to: number): TileDiff[] => {
      const painting = document.begin(paintRule(to, { kind: 'everything' }, new Set()));
      capsuleSpans({ x: 20, y: 20 }, { x: 30, y: 25 }, 6, painting.span);
      return painting.finish();
    };
    const first = draw(1);
    draw(2);
    const before = document.map.data.slice();
    expect(() => document.apply(first, 'backward')).toThrow(expect.objectContaining({ code: 'EDIT_STALE' }));
    expect(same(document.map.data, before)).toBe(true);
  });
});
