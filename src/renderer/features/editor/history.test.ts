import { describe, expect, it } from 'vitest';
import type { TileDiff } from '#shared/mask/tile-diff.ts';
import { GestureHistory } from './history.ts';

const gesture = (label: number): TileDiff[] => [{ tx: 0, ty: 0, before: new Uint8Array(4096), after: new Uint8Array(4096).fill(label) }];

describe('GestureHistory', () => {
  it('plays back what was painted here, newest first, and forth again', () => {
    const history = new GestureHistory({ undoable: 0, redoable: 0 });
    const [a, b] = [gesture(1), gesture(2)];
    history.painted(a);
    history.painted(b);
    expect(history.undo()).toBe(b);
    expect(history.undo()).toBe(a);
    expect([history.undoable, history.redoable]).toEqual([0, 2]);
    expect(history.redo()).toBe(a);
    expect(history.redo()).toBe(b);
  });

  it('asks the core for gestures of before this window, in both directions', () => {
    const history = new GestureHistory({ undoable: 2, redoable: 1 });
    const a = gesture(1);
    history.painted(a);
    expect(history.redoable).toBe(0);
    expect([history.undo(), history.undo(), history.undo()]).toEqual([a, null, null]);
    expect([history.undoable, history.redoable]).toEqual([0, 3]);
    expect([history.redo(), history.redo(), history.redo()]).toEqual([null, null, a]);
  });

  it('forgets what was undone once something else is painted', () => {
    const history = new GestureHistory({ undoable: 0, redoable: 0 });
    history.painted(gesture(1));
    history.undo();
    const b = gesture(2);
    history.painted(b);
    expect(history.redoable).toBe(0);
    expect(history.undo()).toBe(b);
  });

  it('keeps the newest gestures when memory is full, and still counts all', () => {
    const history = new GestureHistory({ undoable: 0, redoable: 0 });
    const large = (): TileDiff[] => Array.from({ length: 3000 }, (_, tx) => ({ tx, ty: 0, before: shared, after: shared }));
    const shared = new Uint8Array(4096);
    for (let index = 0; index < 15; index++) history.painted(large());
    expect(history.undoable).toBe(15);
    expect(history.undo()).not.toBeNull();
    const rest = Array.from({ length: 14 }, () => history.undo());
    expect(rest.filter((item) => item === null).length).toBeGreaterThan(0);
    expect(rest.at(-1)).toBeNull();
  });
});
