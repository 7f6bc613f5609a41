import type { TileDiff } from '#shared/mask/tile-diff.ts';

/** Gestures of one image that can be undone at once take at most this much memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Undo and redo of one image. The core counts them; those made in this window are kept here too, so that they can be played back at
 * once. `null` stands for a gesture whose tiles only the core has.
 */
export class GestureHistory {
  #undoable: number;
  #redoable: number;
  /** The newest at the end; gestures further back are with the core alone. */
  #undo: (readonly TileDiff[] | null)[] = [];
  #redo: (readonly TileDiff[] | null)[] = [];
  /** Of the gestures in `#undo`. */
  #undoBytes = 0;

  constructor({ undoable, redoable }: { readonly undoable: number; readonly redoable: number }) {
    this.#undoable = undoable;
    this.#redoable = redoable;
  }

  get undoable(): number {
    return this.#undoable;
  }

  get redoable(): number {
    return this.#redoable;
  }

  painted(diffs: readonly TileDiff[]): void {
    this.#undoable += 1;
    this.#redoable = 0;
    this.#redo = [];
    this.#undo.push(diffs);
    this.#undoBytes += bytesOf(diffs);
    this.#forgetOldest();
  }

  /** The gesture to play backward; null when only the core has it. Ask `undoable` first. */
  undo(): readonly TileDiff[] | null {
    const gesture = this.#undo.pop() ?? null;
    this.#undoable -= 1;
    this.#redoable += 1;
    this.#redo.push(gesture);
    this.#undoBytes -= bytesOf(gesture);
    return gesture;
  }

  /** The gesture to play forward; null when only the core has it. Ask `redoable` first. */
  redo(): readonly TileDiff[] | null {
    const gesture = this.#redo.pop() ?? null;
    this.#redoable -= 1;
    this.#undoable += 1;
    this.#undo.push(gesture);
    this.#undoBytes += bytesOf(gesture);
    return gesture;
  }

  #forgetOldest(): void {
    let gone = 0;
    while (this.#undoBytes > MAX_BYTES) this.#undoBytes -= bytesOf(this.#undo[gone++] ?? null);
    if (gone > 0) this.#undo = this.#undo.slice(gone);
  }
}

function bytesOf(gesture: readonly TileDiff[] | null): number {
  return (gesture ?? []).reduce((sum, { before, after }) => sum + before.length + after.length, 0);
}
