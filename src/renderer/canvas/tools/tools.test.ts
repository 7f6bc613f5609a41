import { beforeEach, describe, expect, it } from 'vitest';
import { changedPixels, type TileDiff } from '#shared/mask/tile-diff.ts';
import { MaskDocument } from '../mask/mask-document.ts';
import { makeTools, type ToolId } from './index.ts';
import { KeyboardPointer } from './keyboard-pointer.ts';
import { Painter, type PaintOptions, type Refusal } from './painter.ts';
import type { PointerInput } from './tool.ts';

const SIZE = { width: 100, height: 80 };

let document: MaskDocument;
let options: PaintOptions;
let painter: Painter;
let gestures: TileDiff[][];
let refusals: Refusal[];
let picked: number[];
let tools: ReturnType<typeof makeTools>;

beforeEach(() => {
  document = new MaskDocument({ ...SIZE, data: new Uint8Array(SIZE.width * SIZE.height) });
  options = { label: 3, brushDiameterPx: 1, mode: { kind: 'everything' }, locked: new Set() };
  gestures = [];
  refusals = [];
  picked = [];
  painter = new Painter(document, () => options, {
    gesture: (diffs) => gestures.push(diffs),
    refused: (why) => refusals.push(why),
    picked: (label) => picked.push(label),
  });
  tools = makeTools();
});

function at(x: number, y: number, more: Partial<PointerInput> = {}): PointerInput {
  return { image: { x: x + 0.5, y: y + 0.5 }, screen: { x: x * 10, y: y * 10 }, shift: false, timeMs: x * 1000 + y * 7000, ...more };
}

function labels(label: number): number {
  return document.counts[label] ?? 0;
}

function drag(id: ToolId, ...places: PointerInput[]): void {
  const [first = at(0, 0), ...rest] = places;
  tools[id].pointerDown(first, painter);
  for (const place of rest) tools[id].pointerMove(place, painter);
  tools[id].pointerUp(rest.at(-1) ?? first, painter);
}

describe('brush', () => {
  it('paints one pixel for a click with 1 px, as one gesture', () => {
    drag('brush', at(5, 6));
    expect(document.labelAt(5, 6)).toBe(3);
    expect(labels(3)).toBe(1);
    expect(gestures).toHaveLength(1);
  });

  it('paints a whole stroke of many moves as one gesture', () => {
    drag('brush', at(5, 5), at(15, 5), at(15, 20), at(6, 20));
    expect(labels(3)).toBe(11 + 15 + 9);
    expect(gestures.map(changedPixels)).toEqual([35]);
  });

  it('draws a straight line from the end of the last stroke with Shift', () => {
    drag('brush', at(5, 5));
    drag('brush', at(25, 5, { shift: true }));
    expect(labels(3)).toBe(21);
    expect(gestures).toHaveLength(2);
  });

  it('starts where the pointer is when there was no stroke before, Shift or not', () => {
    drag('brush', at(25, 5, { shift: true }));
    expect(labels(3)).toBe(1);
  });

  it('previews the ring at its true size, and the line that Shift would draw', () => {
    options = { ...options, brushDiameterPx: 9 };
    drag('brush', at(5, 5));
    expect(tools.brush.preview(at(20, 30), painter)).toEqual([{ kind: 'ring', centre: { x: 20.5, y: 30.5 }, radius: 4.5 }]);
    expect(tools.brush.preview(at(20, 30, { shift: true }), painter)[0]).toMatchObject({ kind: 'line', from: { x: 5.5, y: 5.5 }, to: { x: 20.5, y: 30.5 } });
  });

  it('gives a stroke up without a trace', () => {
    tools.brush.pointerDown(at(5, 5), painter);
    tools.brush.pointerMove(at(50, 50), painter);
    expect(tools.brush.isBusy).toBe(true);
    tools.brush.cancel();
    expect(labels(0)).toBe(SIZE.width * SIZE.height);
    expect(gestures).toHaveLength(0);
  });

  it('says so, and makes no undo step, when nothing may change', () => {
    options = { ...options, locked: new Set([0]) };
    drag('brush', at(5, 5), at(9, 9));
    expect(labels(0)).toBe(SIZE.width * SIZE.height);
    expect(gestures).toHaveLength(0);
    expect(refusals).toEqual(['nothing-to-change']);
  });

  it('goes on outside the photo and comes back', () => {
    drag('brush', at(95, 5), at(130, 5), at(130, 9), at(95, 9));
    expect(labels(3)).toBe(10);
  });
});

describe('eraser', () => {
  it('paints background whatever class is in hand', () => {
    options = { ...options, brushDiameterPx: 10 };
    drag('brush', at(20, 20), at(40, 20));
    options = { ...options, brushDiameterPx: 40 };
    drag('eraser', at(20, 20), at(40, 20));
    expect(labels(3)).toBe(0);
    expect(gestures).toHaveLength(2);
  });
});

describe('polygon', () => {
  const square = () => {
    for (const [x, y] of [[10, 10], [30, 10], [30, 30], [10, 30]] as const) tools.polygon.pointerDown(at(x, y), painter);
  };

  it('fills when Enter closes it, as one gesture', () => {
    square();
    expect(labels(3)).toBe(0);
    expect(tools.polygon.key('enter', painter)).toBe(true);
    expect(labels(3)).toBe(400);
    expect(gestures).toHaveLength(1);
    expect(tools.polygon.isBusy).toBe(false);
  });

  it('fills on a double click, whose second click adds no corner', () => {
    square();
    tools.polygon.pointerDown({ ...at(10, 30), timeMs: at(10, 30).timeMs + 200 }, painter);
    expect(labels(3)).toBe(400);
  });

  it('fills on a click near the first corner', () => {
    square();
    tools.polygon.pointerDown({ ...at(10, 10), timeMs: 1e9, screen: { x: 104, y: 103 } }, painter);
    expect(labels(3)).toBe(400);
  });

  it('takes the last corner back with Backspace', () => {
    square();
    tools.polygon.key('backspace', painter);
    tools.polygon.key('enter', painter);
    expect(labels(3)).toBeGreaterThan(180);
    expect(labels(3)).toBeLessThan(220);
  });

  it('forgets the outline on Escape, and leaves Escape to others when there is none', () => {
    square();
    expect(tools.polygon.key('escape', painter)).toBe(true);
    expect(tools.polygon.key('escape', painter)).toBe(false);
    expect(gestures).toHaveLength(0);
  });

  it('stays open with fewer than three corners', () => {
    tools.polygon.pointerDown(at(10, 10), painter);
    tools.polygon.pointerDown(at(30, 10), painter);
    expect(tools.polygon.key('enter', painter)).toBe(true);
    expect(tools.polygon.isBusy).toBe(true);
    expect(gestures).toHaveLength(0);
  });
});

describe('fill', () => {
  it('changes the region under the pointer alone, as one gesture', () => {
    drag('brush', at(50, 0), at(50, 79));
    options = { ...options, label: 7 };
    drag('fill', at(10, 10));
    expect(labels(7)).toBe(50 * 80);
    expect(labels(3)).toBe(80);
    expect(gestures).toHaveLength(2);
  });

  it('never fills a locked label, and says why', () => {
    options = { ...options, locked: new Set([0]) };
    drag('fill', at(10, 10));
    expect(labels(0)).toBe(8000);
    expect(refusals).toEqual(['locked']);
  });

  it('obeys the mode', () => {
    drag('fill', at(10, 10));
    options = { ...options, label: 5, mode: { kind: 'unlabelled' } };
    drag('fill', at(10, 10));
    expect(labels(3)).toBe(8000);
    expect(refusals).toEqual(['nothing-to-change']);
  });

  it('does nothing outside the photo', () => {
    drag('fill', at(-4, 10));
    expect(labels(0)).toBe(8000);
  });
});

describe('pick', () => {
  it('takes the label under the pointer in hand, and changes nothing', () => {
    drag('brush', at(5, 5));
    drag('pick', at(5, 5));
    drag('pick', at(6, 6));
    drag('pick', at(-1, 6));
    expect(picked).toEqual([3, 0]);
    expect(gestures).toHaveLength(1);
  });
});

describe('keyboard pointer', () => {
  it('moves by arrow keys inside the photo', () => {
    const keys = new KeyboardPointer();
    expect(keys.move('ArrowLeft', 8, SIZE)).toBe(false);
    keys.place({ x: 10, y: 10 });
    expect(keys.move('ArrowLeft', 8, SIZE)).toBe(true);
    expect(keys.move('ArrowUp', 80, SIZE)).toBe(true);
    expect(keys.at).toEqual({ x: 2, y: 0.5 });
    expect(keys.move('Enter', 8, SIZE)).toBe(false);
  });
});
