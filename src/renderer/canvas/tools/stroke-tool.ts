import type { ImagePoint } from '../geometry.ts';
import type { Painting } from '../mask/mask-document.ts';
import { capsuleSpans, snapBrush } from '../raster/capsule.ts';
import type { PointerInput, Tool, ToolCanvas, ToolPreview } from './tool.ts';

type State = { readonly name: 'idle' } | { readonly name: 'stroking'; readonly painting: Painting; readonly last: ImagePoint };

/**
 * Brush and eraser: a hard round tip drawn along the pointer's way. With Shift, a stroke begins where the last one ended, as a
 * straight line.
 *
 *     idle ── down ──▶ stroking ── move: paint ──▶ stroking ── up ──▶ idle, one gesture
 *                          └── cancel ──▶ idle, every pixel back
 */
export class StrokeTool implements Tool {
  readonly id: string;
  readonly press = 'drag';
  readonly #label: number | undefined;
  #state: State = { name: 'idle' };
  #lastEnd: ImagePoint | null = null;

  /** Paints `label`, or the label in hand when it is left out. */
  constructor(id: string, label?: number) {
    this.id = id;
    this.#label = label;
  }

  get isBusy(): boolean {
    return this.#state.name === 'stroking';
  }

  pointerDown(input: PointerInput, canvas: ToolCanvas): void {
    if (this.#state.name === 'stroking') return;
    const painting = this.#label === undefined ? canvas.begin() : canvas.begin(this.#label);
    const tip = snapBrush(input.image, canvas.brushDiameterPx);
    const start = input.shift && this.#lastEnd !== null ? this.#lastEnd : tip;
    capsuleSpans(start, tip, canvas.brushDiameterPx / 2, painting.span);
    this.#state = { name: 'stroking', painting, last: tip };
  }

  pointerMove(input: PointerInput, canvas: ToolCanvas): void {
    if (this.#state.name !== 'stroking') return;
    const { painting, last } = this.#state;
    const tip = snapBrush(input.image, canvas.brushDiameterPx);
    if (tip.x === last.x && tip.y === last.y) return;
    capsuleSpans(last, tip, canvas.brushDiameterPx / 2, painting.span);
    this.#state = { name: 'stroking', painting, last: tip };
  }

  pointerUp(input: PointerInput, canvas: ToolCanvas): void {
    if (this.#state.name !== 'stroking') return;
    this.pointerMove(input, canvas);
    this.#lastEnd = this.#state.last;
    const { painting } = this.#state;
    this.#state = { name: 'idle' };
    canvas.commit(painting);
  }

  cancel(): void {
    if (this.#state.name !== 'stroking') return;
    const { painting } = this.#state;
    this.#state = { name: 'idle' };
    painting.cancel();
  }

  key(): boolean {
    return false;
  }

  preview(pointer: PointerInput | null, canvas: ToolCanvas): readonly ToolPreview[] {
    if (pointer === null) return [];
    const radius = canvas.brushDiameterPx / 2;
    const tip = snapBrush(pointer.image, canvas.brushDiameterPx);
    const ring: ToolPreview = { kind: 'ring', centre: tip, radius };
    if (this.#state.name === 'idle' && pointer.shift && this.#lastEnd !== null) return [{ kind: 'line', from: this.#lastEnd, to: tip, radius }, ring];
    return [ring];
  }
}
