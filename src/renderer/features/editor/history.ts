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
    this.#forgetOldest();
  }

  /** The gesture to play backward; null when only the core has it. Ask `undoable` first. */
  undo(): readonly TileDiff[] | null {
    const gesture = this.#undo.pop() ?? null;
    this.#undoable -= 1;
    this.#redoable += 1;
    this.#redo.push(gesture);
    return gesture;
  }

  /** The gesture to play forward; null when only the core has it. Ask `redoable` first. */
  redo(): readonly TileDiff[] | null {
    const gesture = this.#redo.pop() ?? null;
    this.#redoable -= 1;
    this.#undoable += 1;
    this.#undo.push(gesture);
    return gesture;
  }

  #forgetOldest(): void {
    let bytes = 0;
    for (let index = this.#undo.length - 1; index >= 0; index--) {
      for (const { before, after } of this.#undo[index] ?? []) bytes += before.length + after.length;
      if (bytes <= MAX_BYTES) continue;
      this.#undo = this.#undo.slice(index + 1);
      return;
    }
  }
}
