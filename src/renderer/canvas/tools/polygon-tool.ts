import type { ImagePoint, ScreenPoint } from '../geometry.ts';
import { polygonSpans } from '../raster/polygon.ts';
import type { PointerInput, Tool, ToolCanvas, ToolKey, ToolPreview } from './tool.ts';

const DOUBLE_CLICK_MS = 400;
/** Clicks nearer than this count as one place. */
const SAME_PLACE_PX = 6;

interface Corner {
  readonly image: ImagePoint;
  readonly screen: ScreenPoint;
  readonly timeMs: number;
}

/**
 * Polygon fill: a click is a corner; Enter, a double click or a click on the first corner fills; Backspace takes the last corner back.
 *
 *     idle ── click ──▶ outlining ── click: corner ──▶ outlining ── Enter | double click | first corner ──▶ idle, one gesture
 *                           └── Escape ──▶ idle
 */
export class PolygonTool implements Tool {
  readonly id = 'polygon';
  readonly press = 'click';
  #corners: Corner[] = [];

  get isBusy(): boolean {
    return this.#corners.length > 0;
  }

  pointerDown(input: PointerInput, canvas: ToolCanvas): void {
    const last = this.#corners.at(-1);
    const first = this.#corners[0];
    const isDoubleClick = last !== undefined && input.timeMs - last.timeMs < DOUBLE_CLICK_MS && isNear(input.screen, last.screen);
    const closes = first !== undefined && this.#corners.length >= 3 && isNear(input.screen, first.screen);
    if (isDoubleClick || closes) this.#fill(canvas);
    else this.#corners = [...this.#corners, { image: input.image, screen: input.screen, timeMs: input.timeMs }];
  }

  pointerMove(): void {
    // Only the preview follows the pointer.
  }

  pointerUp(): void {
    // A corner is set when the button goes down.
  }

  cancel(): void {
    this.#corners = [];
  }

  key(key: ToolKey, canvas: ToolCanvas): boolean {
    if (!this.isBusy) return false;
    if (key === 'enter') this.#fill(canvas);
    else if (key === 'backspace') this.#corners = this.#corners.slice(0, -1);
    else this.cancel();
    return true;
  }

  preview(pointer: PointerInput | null): readonly ToolPreview[] {
    const corners = this.#corners.map((corner) => corner.image);
    if (pointer === null) return corners.length === 0 ? [] : [{ kind: 'outline', corners, closing: false }];
    const first = this.#corners[0];
    const closing = first !== undefined && corners.length >= 3 && isNear(pointer.screen, first.screen);
    const cross: ToolPreview = { kind: 'cross', centre: pointer.image };
    return corners.length === 0 ? [cross] : [{ kind: 'outline', corners: closing ? corners : [...corners, pointer.image], closing }, cross];
  }

  /** Fewer than three corners enclose nothing: the outline stays open for more. */
  #fill(canvas: ToolCanvas): void {
    if (this.#corners.length < 3) return;
    const painting = canvas.begin();
    polygonSpans(this.#corners.map((corner) => corner.image), canvas.size.height, painting.span);
    this.#corners = [];
    canvas.commit(painting);
  }
}

function isNear(a: ScreenPoint, b: ScreenPoint): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) <= SAME_PLACE_PX;
}
