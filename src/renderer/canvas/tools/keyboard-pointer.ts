import type { ImagePoint } from '../geometry.ts';

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A pointer moved by the arrow keys and pressed with Space, so that every tool works without a mouse. */
export class KeyboardPointer {
  #at: ImagePoint | null = null;
  isDown = false;

  /** Where it is, or null while the mouse is in use. */
  get at(): ImagePoint | null {
    return this.#at;
  }

  place(at: ImagePoint | null): void {
    this.#at = at;
    if (at === null) this.isDown = false;
  }

  /** Moves by an arrow key, `stepPx` photo px, inside the photo; false for other keys. */
  move(key: string, stepPx: number, size: { width: number; height: number }): boolean {
    const direction = DIRECTIONS[key];
    if (direction === undefined || this.#at === null) return false;
    const [dx, dy] = direction;
    this.#at = { x: clamp(this.#at.x + dx * stepPx, size.width), y: clamp(this.#at.y + dy * stepPx, size.height) };
    return true;
  }
}

function clamp(value: number, size: number): number {
  return Math.min(size - 0.5, Math.max(0.5, value));
}
