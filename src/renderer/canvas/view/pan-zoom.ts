import type { ScreenPoint } from '../geometry.ts';
import type { Viewport } from './viewport.ts';

/** Wheel travel that doubles the zoom, px. */
const WHEEL_PX_A_DOUBLING = 400;
const LINE_PX = 16;
const ARROW_PAN_PX = 64;

/** A handler of the primary pointer button, where the view itself has no use for it. */
export interface PrimaryPointer {
  down(event: PointerEvent): void;
  move(event: PointerEvent): void;
  up(event: PointerEvent): void;
  leave(): void;
  /** Wheel with Alt held: +1 away from the user, -1 towards. */
  altWheel(direction: 1 | -1): void;
}

/**
 * Zoom by the wheel at the pointer; pan with the middle button, with Space held, or, without a handler, with the primary button.
 * Everything else of the pointer goes to the handler.
 */
export class PanZoom {
  readonly #element: HTMLElement;
  readonly #viewport: Viewport;
  readonly #primary: PrimaryPointer | null;
  readonly #abort = new AbortController();
  #panFrom: ScreenPoint | null = null;
  #activePointer: number | null = null;
  #isSpaceHeld = false;

  constructor(element: HTMLElement, viewport: Viewport, primary: PrimaryPointer | null) {
    this.#element = element;
    this.#viewport = viewport;
    this.#primary = primary;
    element.style.touchAction = 'none';
    const { signal } = this.#abort;
    element.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#up(event), { signal });
    element.addEventListener('pointercancel', (event) => this.#up(event), { signal });
    element.addEventListener('pointerleave', () => this.#primary?.leave(), { signal });
    element.addEventListener('blur', () => this.holdSpace(false), { signal });
    // The middle button would start the browser's own scrolling.
    element.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault(), { signal });
  }

  holdSpace(held: boolean): void {
    this.#isSpaceHeld = held;
    this.#showCursor();
  }

  /** Pans by an arrow key; false for other keys. */
  arrow(key: string): boolean {
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (step === undefined) return false;
    this.#viewport.panBy((step[0] ?? 0) * ARROW_PAN_PX, (step[1] ?? 0) * ARROW_PAN_PX);
    return true;
  }

  destroy(): void {
    this.#abort.abort();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    // With Alt or Shift held, some systems turn the wheel sideways.
    const travel = (event.deltaY === 0 ? event.deltaX : event.deltaY) * unit;
    if (travel === 0) return;
    if (event.altKey && this.#primary !== null) this.#primary.altWheel(travel < 0 ? 1 : -1);
    else this.#viewport.zoomAt(screenPoint(this.#element, event), 2 ** (-travel / WHEEL_PX_A_DOUBLING));
  }

  #down(event: PointerEvent): void {
    this.#element.focus({ preventScroll: true });
    if (this.#activePointer !== null) return;
    const pans = event.button === 1 || (event.button === 0 && (this.#isSpaceHeld || this.#primary === null));
    if (!pans && event.button !== 0) return;
    this.#activePointer = event.pointerId;
    this.#element.setPointerCapture(event.pointerId);
    if (pans) this.#panFrom = { x: event.clientX, y: event.clientY };
    else this.#primary?.down(event);
    this.#showCursor();
  }

  #move(event: PointerEvent): void {
    if (this.#panFrom !== null && event.pointerId === this.#activePointer) {
      this.#viewport.panBy(event.clientX - this.#panFrom.x, event.clientY - this.#panFrom.y);
      this.#panFrom = { x: event.clientX, y: event.clientY };
      return;
    }
    if (this.#activePointer === null || event.pointerId === this.#activePointer) this.#primary?.move(event);
  }

  #up(event: PointerEvent): void {
    if (event.pointerId !== this.#activePointer) return;
    this.#activePointer = null;
    if (this.#panFrom === null) this.#primary?.up(event);
    this.#panFrom = null;
    this.#showCursor();
  }

  #showCursor(): void {
    const idle = this.#primary === null || this.#isSpaceHeld ? 'grab' : 'none';
    this.#element.style.cursor = this.#panFrom === null ? idle : 'grabbing';
  }
}

export function screenPoint(element: HTMLElement, event: MouseEvent): ScreenPoint {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
